"""Both sides of every line, each run in a process of its own: `python -m benchmarks.sides NAME ARGUMENTS`.

A peer does what a user would write today, with the same checks as ours: SHA-256 of every file, the same walk over JPEG markers, and
masks tested for undeclared values and for the size of their image. What a side has measured itself it prints as one line of JSON.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

SOURCES = {
    **dict.fromkeys(("pairs", "polyps", "tiffs", "packed"), "image-mask-folder"),
    "images": "intel-cervical",
    "volumes": "brats",
}


def convert(folder: str, out: str, workers: str) -> None:
    """Ours, as a user calls it."""
    from hf_medseg.cli import main

    kind = Path(folder).name.partition("-")[0]
    more = {"volumes": ["--edition", "2021"]}.get(kind, ["--about", f"{folder}.toml"] if SOURCES[kind] == "image-mask-folder" else [])
    if main(["convert", SOURCES[kind], folder, out, "--workers", workers, *more]):
        raise SystemExit(1)


def verify(out: str) -> None:
    """Ours, as a user calls it."""
    from hf_medseg.cli import main

    if main(["verify", out]):
        raise SystemExit(1)


def peer_verify(out: str) -> None:
    """Every row read with pyarrow and decoded with Pillow, masks tested for values and size, counted, and every shard hashed."""
    import numpy as np
    import pyarrow.parquet as pq
    from PIL import Image

    from hf_medseg.formats import jpeg

    def decoded(cell: dict[str, Any]) -> Any:
        with Image.open(io.BytesIO(cell["bytes"])) as picture:
            return np.asarray(picture)

    total = np.zeros(256, np.int64)
    for path in files(f"{out}/data", ".parquet"):
        hashlib.sha256(Path(path).read_bytes()).hexdigest()
        with pq.ParquetFile(path) as shard:
            for batch in shard.iter_batches(64, columns=["image", "mask", "width", "height", "classes"]):
                for row in batch.to_pylist():
                    jpeg.clean(row["image"]["bytes"])
                    image, mask = decoded(row["image"]), decoded(row["mask"])
                    counts = np.bincount(mask.reshape(-1), minlength=256)
                    if image.shape[:2] != mask.shape or mask.shape != (row["height"], row["width"]):
                        raise ValueError(path)
                    if np.flatnonzero(counts).tolist() != row["classes"]:
                        raise ValueError(path)
                    total += counts
    _tell(pixels=int(total.sum()))


def files(folder: str, suffix: str) -> list[str]:
    """Paths of a corpus, sorted."""
    return sorted(str(path) for path in Path(folder).rglob(f"*{suffix}"))


def checked(path: str) -> tuple[bytes, str]:
    """A JPEG's bytes and hash, after the same integrity check as ours."""
    from hf_medseg.formats import jpeg

    data = Path(path).read_bytes()
    jpeg.clean(data)
    return data, hashlib.sha256(data).hexdigest()


def peer_images(folder: str, out: str, processes: str = "1") -> None:
    """`datasets` from paths, embedded, `to_parquet`."""
    import pyarrow as pa
    from datasets import Dataset, Image
    from datasets.table import embed_table_storage

    def embedded(table: Any) -> Any:
        read = [checked(path)[1] for path in table["image"].combine_chunks().field("path").to_pylist()]
        return embed_table_storage(table).append_column("source_sha256", pa.array(read))

    paths = files(folder, ".jpg")
    data = Dataset.from_dict({"image": paths, "image_id": [Path(path).stem for path in paths]}).cast_column("image", Image())
    data = data.with_format("arrow").map(embedded, batched=True, batch_size=100, num_proc=_processes(processes))
    data.with_format(None).to_parquet(f"{out}.parquet")


def _processes(number: str) -> int | None:
    """How `datasets` is told so many processes: None is its own."""
    return int(number) if int(number) > 1 else None


def label_map(path: str, size: tuple[int, int]) -> Any:
    """A mask of 0 and 255 as a label map, checked: a Pillow picture."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as mask:
        pixels = np.asarray(mask)
    if set(np.unique(pixels).tolist()) - {0, 255} or pixels.shape != size[::-1]:
        raise ValueError(path)
    return Image.fromarray((pixels // 255).astype(np.uint8))


def peer_pairs(folder: str, out: str, processes: str = "1") -> None:
    """`datasets` map that reads, checks and recodes each pair with Pillow, `to_parquet`."""
    from datasets import Dataset, Features, Image, Value
    from PIL import Image as Pillow

    def one(row: dict[str, str]) -> dict[str, Any]:
        data, digest = checked(row["image_path"])
        with Pillow.open(io.BytesIO(data)) as picture:
            size = picture.size
        buffer = io.BytesIO()
        label_map(row["mask_path"], size).save(buffer, "PNG")
        stem = Path(row["image_path"]).stem
        return {
            "image": {"bytes": data, "path": f"{stem}.jpg"},
            "mask": {"bytes": buffer.getvalue(), "path": f"{stem}.png"},
            "image_id": stem,
            "width": size[0],
            "height": size[1],
            "source_sha256": digest,
            "mask_sha256": hashlib.sha256(Path(row["mask_path"]).read_bytes()).hexdigest(),
        }

    paths = Dataset.from_dict({"image_path": files(f"{folder}/images", ".jpg"), "mask_path": files(f"{folder}/masks", ".png")})
    text, number = Value("string"), Value("int32")
    features = Features(
        {"image": Image(), "mask": Image(), "image_id": text, "width": number, "height": number, "source_sha256": text, "mask_sha256": text}
    )
    options = {"features": features, "remove_columns": ["image_path", "mask_path"], "writer_batch_size": 100}
    paths.map(one, num_proc=_processes(processes), **options).to_parquet(f"{out}.parquet")


def peer_tiffs(folder: str, out: str) -> None:
    """`from_generator` with PIL images, `to_parquet`."""
    from datasets import Dataset, Features, Image, Value
    from PIL import Image as Pillow

    def rows() -> Iterator[dict[str, Any]]:
        for path in files(f"{folder}/images", ".tif"):
            data = Path(path).read_bytes()
            mask_path = path.replace("/images/", "/masks/")
            with Pillow.open(io.BytesIO(data)) as picture:
                pixels = picture.copy()  # a copy forgets that it was TIFF, so that it becomes PNG
            yield {
                "image": pixels,
                "mask": label_map(mask_path, pixels.size),
                "image_id": Path(path).stem,
                "source_sha256": hashlib.sha256(data).hexdigest(),
                "mask_sha256": hashlib.sha256(Path(mask_path).read_bytes()).hexdigest(),
            }

    text = Value("string")
    features = Features({"image": Image(), "mask": Image(), "image_id": text, "source_sha256": text, "mask_sha256": text})
    Dataset.from_generator(rows, features=features, cache_dir=f"{out}.cache").to_parquet(f"{out}.parquet")


def peer_volumes(folder: str, out: str) -> None:
    """Every slice of every sequence saved with Pillow; rows written with plain pyarrow."""
    import nibabel as nib
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from PIL import Image

    def saved(pixels: Any) -> dict[str, Any]:
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
        return {"bytes": buffer.getvalue(), "path": None}

    writer = None
    for case in sorted(path for path in Path(folder).iterdir() if path.is_dir()):
        arrays, hashes = {}, {}
        for name in ("flair", "t1", "t1ce", "t2", "seg"):
            path = case / f"{case.name}_{name}.nii.gz"
            hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            arrays[name] = np.asarray(nib.load(path).dataobj)
        labels = np.select([arrays["seg"] == value for value in (0, 1, 2, 4)], [0, 1, 2, 3], 255).astype(np.uint8)
        if (labels == 255).any():
            raise ValueError(case)
        rows = []
        for k in range(labels.shape[2]):
            row = {
                f"image_{name}": saved((arrays[name][:, :, k].T.astype(np.int32) + 32768).astype(np.uint16))
                for name in arrays
                if name != "seg"
            }
            counts = np.unique(labels[:, :, k])
            rows.append({**row, "mask": saved(labels[:, :, k].T), "image_id": f"{case.name}_{k:04d}", "classes": counts.tolist(), **hashes})
        table = pa.Table.from_pylist(rows)
        writer = writer or pq.ParquetWriter(f"{out}.parquet", table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def derive(out: str, new: str, workers: str) -> None:
    """Ours: squares of 512 pixels, as a user asks for them."""
    from hf_medseg.cli import main

    if main(["derive", out, new, "--size", "512", "--fit", "pad", "--workers", workers, "-q"]):
        raise SystemExit(1)


def peer_derive(out: str, new: str, workers: str) -> None:
    """`datasets` map that does the same to the same dataset with Pillow, `to_parquet`."""
    from datasets import load_dataset
    from PIL import Image

    def one(row: dict[str, Any]) -> dict[str, Any]:
        image, mask = row["image"], row["mask"]
        factor = 512 / max(image.size)
        size = (round(image.width * factor), round(image.height * factor))
        corner = ((512 - size[0]) // 2, (512 - size[1]) // 2)
        square, labels = Image.new("RGB", (512, 512)), Image.new("L", (512, 512))
        square.paste(image.resize(size, Image.Resampling.BILINEAR), corner)
        labels.paste(mask.resize(size, Image.Resampling.NEAREST), corner)
        return {"image": square, "mask": labels, "width": 512, "height": 512}

    data = load_dataset("parquet", data_files=f"{out}/data/*.parquet", split="train")
    data.map(one, num_proc=int(workers) if int(workers) > 1 else None).to_parquet(f"{new}.parquet")


def stats(out: str) -> None:
    """Ours: everything that is counted, in two processes."""
    import hf_medseg

    hf_medseg.stats(out, workers=2, progress=False)


def peer_stats(out: str) -> None:
    """Mean, deviation and class pixels of every row of a loaded dataset, with NumPy."""
    import numpy as np
    from datasets import load_dataset

    total = np.zeros(256, np.int64)
    sums = np.zeros((2, 3))
    for row in load_dataset("parquet", data_files=f"{out}/data/*.parquet", split="train"):
        pixels = np.asarray(row["image"], np.float64)
        sums += (pixels.sum((0, 1)), (pixels * pixels).sum((0, 1)))
        total += np.bincount(np.asarray(row["mask"]).reshape(-1), minlength=256)


def overlap(out: str) -> None:
    """Ours, in two processes."""
    import hf_medseg

    hf_medseg.overlap(out, workers=2, progress=False)


def peer_overlap(out: str) -> None:
    """A hash of every picture by imagehash, and all of them compared with all."""
    import imagehash
    import numpy as np
    from datasets import load_dataset

    rows = load_dataset("parquet", data_files=f"{out}/data/*.parquet", split="train").select_columns(["image"])
    hashes = np.stack([imagehash.phash(row["image"]).hash.reshape(-1) for row in rows])
    for one in hashes:
        np.flatnonzero((hashes != one).sum(1) <= 3)


def export(out: str, new: str) -> None:
    """Ours: the layout of nnU-Net."""
    from hf_medseg.cli import main

    if main(["export", out, new, "--to", "nnunet", "-q"]):
        raise SystemExit(1)


def peer_export(out: str, new: str) -> None:
    """The same files of a loaded dataset, saved with Pillow."""
    from datasets import load_dataset

    for name in ("imagesTr", "labelsTr"):
        (Path(new) / name).mkdir(parents=True)
    for row in load_dataset("parquet", data_files=f"{out}/data/*.parquet", split="train"):
        row["image"].save(Path(new) / "imagesTr" / f"{row['image_id']}_0000.png")
        row["mask"].save(Path(new) / "labelsTr" / f"{row['image_id']}.png")


def identify(folder: str) -> None:
    """Ours; prints its seconds."""
    import hf_medseg

    start = time.perf_counter()
    hf_medseg.identify(folder)
    _tell(seconds=time.perf_counter() - start)


def site(out: str, new: str) -> None:
    """Ours: pages of one dataset; prints its seconds."""
    from hf_medseg.cli import main

    start = time.perf_counter()
    if main(["site", new, out, "-q"]):
        raise SystemExit(1)
    _tell(seconds=time.perf_counter() - start)


def encode(folder: str, encoder: str) -> None:
    """Encodes 16-bit pictures; prints seconds of the processor and bytes. `ours`, `pillow` at its default level, or `pillow-1`."""
    import numpy as np
    from PIL import Image

    from hf_medseg.formats import png

    def pillow(pixels: Any, **level: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG", **level)
        return buffer.getvalue()

    chosen: Callable[[Any], bytes] = {"ours": png.encode, "pillow": pillow, "pillow-1": partial(pillow, compress_level=1)}[encoder]
    arrays = [np.load(path) for path in files(folder, ".npy")]
    chosen(arrays[0])
    start = time.process_time()
    size = sum(len(chosen(pixels)) for pixels in arrays * (4 if encoder == "ours" else 1))
    count = 4 if encoder == "ours" else 1
    _tell(seconds=(time.process_time() - start) / count, bytes=size // count)


def stream(out: str) -> None:
    """Decoded samples a second of a streamed dataset."""
    import datasets

    rows = datasets.load_dataset("parquet", data_files=f"{out}/data/*.parquet", split="train", streaming=True)
    start, cpu, count = time.perf_counter(), time.process_time(), 0
    for row in rows:
        row["image"].load()
        row["mask"].load()
        count += 1
    _tell(rate=count / (time.perf_counter() - start), seconds=(time.process_time() - cpu) / count)


def plain(folder: str) -> None:
    """Decoded samples a second of the plain files, read with PIL."""
    from PIL import Image

    paths = list(zip(files(f"{folder}/images", ".jpg"), files(f"{folder}/masks", ".png"), strict=True))
    start, cpu = time.perf_counter(), time.process_time()
    for pair in paths:
        for path in pair:
            with Image.open(path) as picture:
                picture.load()
    _tell(rate=len(paths) / (time.perf_counter() - start), seconds=(time.process_time() - cpu) / len(paths))


def _tell_rate(rows: Any, workers: int, collate: Callable[[list[Any]], Any], shuffle: bool) -> None:
    """Tells how many samples a second a DataLoader gives, from its start to its end."""
    from torch.utils.data import DataLoader

    start, count = time.perf_counter(), 0
    for batch in DataLoader(rows, 8, shuffle=shuffle, num_workers=workers, collate_fn=collate):
        count += len(batch)
    _tell(rate=count / (time.perf_counter() - start))


def _tensors(image: bytes, mask: bytes, half: bool) -> tuple[Any, Any]:
    """Both as tensors; at half their size where that is asked for: of a JPEG its decoder then makes no more than that."""
    import numpy as np
    import torch
    from PIL import Image

    with Image.open(io.BytesIO(image)) as picture, Image.open(io.BytesIO(mask)) as labels:
        if half:
            picture.draft("RGB", (picture.width // 2, picture.height // 2))
            labels = labels.resize(picture.size, Image.Resampling.NEAREST)
        return torch.from_numpy(np.array(picture)), torch.from_numpy(np.array(labels))


def _of_rows(half: bool, rows: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    return [_tensors(row["image"]["bytes"], row["mask"]["bytes"], half) for row in rows]


def _of_files(pairs: list[tuple[str, str]]) -> list[tuple[Any, Any]]:
    return [_tensors(Path(image).read_bytes(), Path(mask).read_bytes(), False) for image, mask in pairs]


def epoch(out: str, workers: str, size: str = "") -> None:
    """A shuffled stream through a DataLoader, with the settings of docs/speed.md."""
    import datasets

    if hasattr(datasets.config, "SLEEP_TIME_ON_THREADS_SHUTDOWN"):
        datasets.config.SLEEP_TIME_ON_THREADS_SHUTDOWN = 0
    data = f"{out}/data/*.parquet"
    rows = datasets.load_dataset("parquet", data_files=data, split="train", streaming=True, columns=["image", "mask"])
    _tell_rate(rows.decode(False).shuffle(seed=0, buffer_size=100), int(workers), partial(_of_rows, size == "half"), False)


def peer_epoch(folder: str, workers: str) -> None:
    """A shuffled list of plain files through a DataLoader."""
    pairs = list(zip(files(f"{folder}/images", ".jpg"), files(f"{folder}/masks", ".png"), strict=True))
    _tell_rate(pairs, int(workers), _of_files, True)


def first(pattern: str) -> None:
    """First streamed sample, stream without decoding, and memory of Arrow."""
    import datasets
    import pyarrow as pa

    def rows() -> Any:
        return datasets.load_dataset("parquet", data_files=pattern, split="train", streaming=True)

    next(iter(rows()))  # imports and start-up
    start = time.perf_counter()
    made = rows()
    next(iter(made))
    took = time.perf_counter() - start
    pool = pa.default_memory_pool()
    before = pool.max_memory() if took < 0 else 0
    raw = rows().cast_column("image", datasets.Image(decode=False)).cast_column("mask", datasets.Image(decode=False))
    start, count = time.process_time(), 0
    for _ in raw:
        count += 1
    _tell(first=took, raw=count / (time.process_time() - start), arrow=pool.max_memory() - before)


def library(out: str, target: str) -> None:
    """The same rows in the layout that `datasets` writes by itself."""
    import datasets

    data = datasets.load_dataset("parquet", data_files=f"{out}/data/*.parquet", split="train", cache_dir=f"{target}.cache")
    data.to_parquet(target)


def scan(out: str) -> None:
    """Bytes that reading ids, classes and labels takes, and all bytes."""
    import pyarrow.parquet as pq

    class Counted(io.FileIO):
        taken = 0

        def read(self, size: int = -1) -> bytes:
            data = super().read(size)
            Counted.taken += len(data)
            return data

    paths = [path for path in Path(out).rglob("*.parquet") if path.parent.name != "preview"]
    for path in paths:
        with Counted(path) as file, pq.ParquetFile(file, pre_buffer=False) as shard:
            names = [name for name in shard.schema_arrow.names if name in ("image_id", "patient_id", "classes", "label", "labels")]
            shard.read(names, use_threads=False)
    _tell(taken=Counted.taken, all=sum(path.stat().st_size for path in paths))


def upload(out: str, store: str) -> None:
    """Sends the shards with the real hf-xet to a store in a folder; prints the bytes that are new in it."""
    import hf_xet

    def held() -> int:
        return sum(path.stat().st_size for path in Path(store).rglob("*") if path.is_file())

    Path(store).mkdir(parents=True, exist_ok=True)
    before = held()
    paths = [str(path) for path in sorted(Path(out).rglob("*.parquet")) if path.parent.name != "preview"]
    hf_xet.upload_files(paths, f"local://{store}", ("token", int(time.time()) + 3600), None, None, "dataset")
    _tell(sent=held() - before, all=sum(Path(path).stat().st_size for path in paths))


def planning(folder: str) -> None:
    """Lists and plans a raw tree of CXLSeg."""
    from benchmarks.plan_cxlseg import main

    _, seconds, grown = main(folder)
    _tell(seconds=seconds, megabytes=grown)


def plan_own(folder: str) -> None:
    """Plans pairs of one's own, listing included: seconds of the processor, and private memory that the plan takes, in bytes a case."""
    import os
    import tempfile

    from benchmarks.lines import private_memory
    from hf_medseg.catalog.lookup import find_source
    from hf_medseg.conversion.executor import Executor
    from hf_medseg.conversion.plan import Request, make_plan

    source = find_source("image-mask-folder")
    with tempfile.TemporaryDirectory() as work, Executor(1) as executor:
        before, start = private_memory(os.getpid()), time.process_time()
        made = make_plan(source, Request(folder, about=f"{folder}.toml"), Path(work), executor)
        seconds = time.process_time() - start
    cases = sum(len(shard.cases) for config in made.configs for shard in config.shards)
    _tell(seconds=seconds, bytes=(private_memory(os.getpid()) - before) * 2**20 / cases)


def raw_stream(folder: str) -> None:
    """The first row of a raw tree that is streamed, not decoded; what `datasets` imports for any stream is there already."""
    import datasets

    import hf_medseg

    next(iter(datasets.IterableDataset.from_generator(lambda: iter([{"row": 0}]))))
    start = time.perf_counter()
    rows = hf_medseg.load_dataset("image-mask-folder", folder, about=f"{folder}.toml", split="train", streaming=True)
    next(iter(rows.cast_column("image", datasets.Image(decode=False)).cast_column("mask", datasets.Image(decode=False))))
    _tell(seconds=time.perf_counter() - start)


def no_stream() -> None:
    """What `datasets` takes for the first row of any stream."""
    import datasets

    import hf_medseg

    next(iter(datasets.IterableDataset.from_generator(lambda: iter([{"row": 0}]))))
    callable(hf_medseg.load_dataset)


def raw_table(folder: str, cache: str) -> None:
    """A raw tree as a cached table."""
    import hf_medseg

    start = time.perf_counter()
    rows = hf_medseg.load_dataset("image-mask-folder", folder, about=f"{folder}.toml", split="train", cache_dir=cache)
    _tell(seconds=time.perf_counter() - start, rows=len(rows))


def catalog() -> None:
    """Shows the catalog, as a user calls it."""
    from hf_medseg.cli import main

    main(["list"])


def _tell(**measured: float) -> None:
    print(json.dumps(measured))


_ALL = (
    *(convert, verify, peer_verify, peer_images, peer_pairs, peer_tiffs, peer_volumes, encode),
    *(derive, peer_derive, stats, peer_stats, overlap, peer_overlap, export, peer_export, identify, site),
    *(stream, plain, epoch, peer_epoch, first, library, scan, upload, planning),
    *(plan_own, raw_stream, no_stream, raw_table, catalog),
)
SIDES: dict[str, Callable[..., None]] = {one.__name__: one for one in _ALL}

if __name__ == "__main__":
    SIDES[sys.argv[1]](*sys.argv[2:])
