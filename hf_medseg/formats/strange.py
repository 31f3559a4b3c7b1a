"""What a file is that is called like a picture and is none: told by its first bytes, so that the user need not guess."""

from __future__ import annotations

_OFFLINE = "Make it available offline where it lies in a cloud, or copy it again."
_AS_PNG = "Open it with the program that made it and save it as PNG."
_UNPACK = "Unpack it first."

# How such files begin, what they are, and what to do.
_BEGINNINGS = (
    (b"\x1f\x8b", "a gzip file", _UNPACK),
    (b"PK\3\4", "a zip, or a document that is one", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"%PDF", "a PDF", "Save its picture as PNG."),
    (b"8BPS", "a file of Photoshop", _AS_PNG),
    (b"\xff\x0a", "JPEG XL", _AS_PNG),
    (b"\0\0\0\x0cJXL ", "JPEG XL", _AS_PNG),
    (b"book\0\0\0\0mark", "an alias of macOS, not the file that it leads to", "Copy that file to its place."),
    (b"L\0\0\0\1\x14\2\0", "a shortcut of Windows, not the file that it leads to", "Copy that file to its place."),
    (b"\0\5\x16\7", "what macOS keeps beside a file, not the file", "Copy the file itself to its place."),
)
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "a HEIC picture, as telephones save them"),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF picture"),
}
_PAGE = (b"<!doctype html", b"<html")


def what_is(data: bytes) -> tuple[str, str] | None:
    """What a file is, after "it is", and what to do; None where its bytes do not tell."""
    if not any(data[:4096]) and data.count(0) == len(data):
        return "nothing but zeros: a placeholder of a cloud, or a copy that was broken off", _OFFLINE
    if data[4:8] == b"ftyp" and (brand := _BRANDS.get(data[8:12])) is not None:
        return brand, _AS_PNG
    if data[128:132] == b"DICM":
        return "a DICOM file", "Name it .dcm, and give a folder of such files to `hf-medseg identify`; or export it as PNG."
    if data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE):
        return "a web page, as where a login was needed", "Sign in there and fetch the file itself."
    return next(((what, advice) for start, what, advice in _BEGINNINGS if data.startswith(start)), None)
