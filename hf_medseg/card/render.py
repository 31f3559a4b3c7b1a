"""The dataset card: README.md with YAML metadata, rendered from the catalog, and after a conversion from its report too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import yaml

from hf_medseg.card import script
from hf_medseg.card.front import filled, front_matter, title_of
from hf_medseg.card.markdown import bullets, numbered, table
from hf_medseg.card.meanings import column_meaning, type_text
from hf_medseg.catalog.about import About, OwnData
from hf_medseg.catalog.describe import MODES, bytes_of, command, places
from hf_medseg.catalog.facts import Download
from hf_medseg.catalog.licenses import License
from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.source import Config, Edition, Source
from hf_medseg.catalog.tables import config_folder, table_of
from hf_medseg.dataset.columns import Column
from hf_medseg.dataset.folder import DIFFER, INCOMPLETE, OVERVIEW, PREVIEW
from hf_medseg.dataset.report import Report, Section
from hf_medseg.words import counted

PATH_IS = "`PATH` is this folder, or this dataset's name on the Hub."  # taken out where a push puts the name in

_REASONS = 12  # why files were left out: so many are told for each config, the commonest ones


def file_name(source: Source, edition: Edition) -> str:
    """Name of a card without a conversion, such as `chase-db1.md` or `brats-2021.md`."""
    return f"{source.id}-{edition.name}.md" if edition.name else f"{source.id}.md"


def all_cards() -> dict[str, str]:
    """The cards of every source and edition whose facts are in the catalog, by file name."""
    return {
        file_name(source, edition): render(source, edition, {})
        for source in sources().values()
        if source.convertible and source.from_about is None
        for edition in source.editions
    }


def render(source: Source, edition: Edition, report: Report, about: About | None = None, origins: str = "") -> str:
    """The card of one edition.

    Args:
        source: the source.
        edition: what was, or would be, converted.
        report: the content of `report.json`; empty for a card without a conversion.
        about: the user's about file, where the facts come with the data.
        origins: of a derived dataset: the sections that tell what it was made of and how; it is not told how raw data are obtained.
    """
    about = OwnData.of(about or About())
    front = front_matter(source, edition, report, about)
    if source.from_about is not None and source.access.mode != "none" and not about.path:
        # The data of a portal have an owner whose facts nobody has told: nothing is claimed about them.
        front = {key: front[key] for key in ("license", "configs") if key in front}
        sections = ["License unknown: the data may not be passed on. Not for clinical use."]
    else:
        configs = [config for config in edition.reading.configs if not report or config.name in report["configs"]]
        sections = [part for part in _sections(source, edition, report, about, configs, origins) if part]
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=120)
    return f"---\n{text}---\n\n" + "\n\n".join(sections) + "\n"


def license_link(terms: License) -> str:
    """Where the license is told: its own page, else its name."""
    return terms.url or terms.name


def _sections(source: Source, edition: Edition, report: Report, about: OwnData, configs: Sequence[Config], origins: str) -> Iterator[str]:
    yield f"# {title_of(source, edition, about)}"
    yield _incomplete(edition, report)
    yield source.summary
    yield _may(source, edition, derived=bool(origins))
    yield (
        "**Not for clinical use.** The data serve research and teaching; they must not be used for diagnosis or treatment. "
        "No attempt may be made to identify the persons they come from."
    )
    yield _overview(source, edition, about)
    if report:
        yield f"![Some rows with their masks in colours]({OVERVIEW})"
    yield f"## How to load\n\n{_loading(source, edition, report, configs)}"
    yield f"## Columns\n\n{_columns(source, edition, configs)}"
    yield f"## Masks and classes\n\n{_masks(source, edition, report, configs)}"
    yield f"## Splits\n\n{_splits(source, report)}"
    if source.quirks:
        yield "## What to know\n\n" + bullets(source.quirks)
    if source.overlaps:
        told = "Never train on one and test on the other; `hf-medseg overlap` compares converted datasets."
        yield f"## Shared with other sources\n\n{told}\n\n" + bullets([f"`{one.source}`: {one.how}." for one in source.overlaps])
    yield "## What was changed\n\n" + bullets(source.changes if origins else (*source.changes, *_common_changes(configs)))
    yield _counts(edition, report)
    yield _left_out(report, derived=bool(origins))
    yield _noted(report)
    yield origins or f"## How to obtain the raw data\n\n{_obtaining(source, edition)}"
    yield f"## License\n\n{_license(edition.license)}"
    yield _citations(edition, about)
    yield _origin(report, "the converted datasets" if origins else "the raw data")


def _incomplete(edition: Edition, report: Report) -> str:
    """That the dataset is not whole, and why: the first thing to know of it."""
    missing, notes = [], []
    for name, section in report.get("configs", {}).items():
        for split, told in section.get("limited", {}).items():
            missing.append(f"Config `{name}`, split `{split}`: only {told['taken']:,} of {counted(told['cases'], 'case')}.")
        if rejected := section["rejected"]:
            missing.append(f"Config `{name}`, rejected: {counted(len(rejected), 'case')}.")
        for line in section["published"]:
            if line["what"] in ("rows", "volumes") and (line["found"] or 0) < line["published"]:
                notes.append(
                    f"`{line['split']}`: {counted(int(line['published']), line['what'][:-1])} published, {line['found'] or 0:,} here."
                )
    others = [f"`{config.name}`" for config in edition.reading.configs if report and config.name not in report["configs"]]
    if others:
        notes.append(f"Not made here: the config{'s' * (len(others) > 1)} {', '.join(others)}.")
    lines = [f"{INCOMPLETE} This is not the whole dataset.", *missing] if missing else []
    return "\n".join(f"> {line}  " for line in (*lines, *notes)).rstrip()


def _may(source: Source, edition: Edition, derived: bool) -> str:
    """What may not be done with the data, for every tier but `open`."""
    match edition.license.tier:
        case "noncommercial":
            return "> **Non-commercial use only**, under the conditions below."
        case "restricted":
            reason = "**The data may not be redistributed.** The owner's terms forbid it, or allow it only under conditions not met here."
        case "unknown":
            reason = "**License unknown: the data may not be redistributed.** No word of the owner's is known that allows it."
        case _:
            return ""
    if derived:
        return f"> {reason}\n> It is made of data that may not be passed on, and so may not be passed on either: keep it on your own disk."
    if source.access.mode == "none":
        return f"> {reason}\n> Ask the owner before you share anything. A license that is known goes into the about file, with its URL."
    own = "Get the data from the owner yourself, as said below, accept the owner's terms,"
    return f"> {reason}\n> {own} convert them on your own disk and keep the result there."


def _overview(source: Source, edition: Edition, about: OwnData) -> str:
    doi = about.doi
    homepage = source.homepage if source.from_about is None else about.homepage
    terms = edition.license
    return table(
        ("", ""),
        [
            ("homepage", homepage),
            ("DOI", f"https://doi.org/{doi.removeprefix('https://doi.org/').removeprefix('doi:')}" if doi else ""),
            ("modality", ", ".join(source.modality)),
            ("anatomy", ", ".join(source.anatomy)),
            ("task", source.task),
            ("license", terms.name if terms.id in (terms.name, "other") else f"{terms.name} (`{terms.id}`)"),
            ("tier", f"`{terms.tier}`"),
        ],
    )


def _loading(source: Source, edition: Edition, report: Report, configs: Sequence[Config]) -> str:
    found = [split for section in report.get("configs", {}).values() for split in filled(section)]
    split = (found or [*edition.published.rows, "train"])[0]
    tier = edition.license.tier
    needs = "  # needs a datasets that has Nifti"
    lines = [
        "# pip install datasets pillow" + (" nibabel" if any(config.volumes for config in configs) else ""),
        "from datasets import load_dataset",
        "",
        'dataset = load_dataset("PATH")' + (needs if configs[0].volumes else ""),
        f'row = dataset["{split}"][0]',
        'row["image"], row["mask"], row["image_id"]',
        f'names = dataset["{split}"].features["classes"].feature.names',
        "",
        f'stream = load_dataset("PATH", split="{split}", streaming=True)',
    ]
    for config in configs[1:]:
        lines.append(f'other = load_dataset("PATH", "{config.name}")' + (needs if config.volumes else ""))
    if report:
        where = PATH_IS if tier in ("open", "noncommercial") else "`PATH` is this folder."
        shown = "Label maps look black in a viewer: the config `preview` shows some rows with their masks in colours."
        lines.append(f'pictures = load_dataset("PATH", "{PREVIEW}", split="train")')
    else:
        command = f"hf-medseg convert {source.id} RAW PATH" + (f" --edition {edition.name}" if edition.name else "")
        where = f"`PATH` is a folder that a conversion of the raw data has made:\n\n```\n{command}\n```"
        shown = ""
    configs_told = [f"- `{config.name}`: {config.description}" for config in configs if config.description]
    described = ["\n".join(configs_told)]
    if any("rescale_slope" in config.columns for config in configs):
        described.append(
            "Physical values (Hounsfield units for CT) are stored * `rescale_slope` + `rescale_intercept`: "
            "`hf_medseg.physical(row)` does the sum."
        )
    folders = " and ".join(f"`{config_folder(config, edition)}/`" for config in configs)
    described.append(
        f"The shards in {folders} are Parquet for pandas, polars, DuckDB and the like too: a picture is a struct whose `bytes` are a whole "
        + ("file (PNG, JPEG, TIFF; NIfTI for a volume)." if any(config.volumes for config in configs) else "file (PNG, JPEG or TIFF).")
    )
    if tier != "open" and script.needs_script(source):
        described.append(
            f'Without a conversion: `hf_medseg.load_dataset("{source.id}", RAW)`, or the loading script `{script.file_name(source)}` that '
            f"`hf-medseg script {source.id}` writes."
        )
    code = "```python\n" + "\n".join(lines) + "\n```"
    return "\n\n".join(filter(None, (where, code, *described, shown)))


def _columns(source: Source, edition: Edition, configs: Sequence[Config]) -> str:
    parts: list[str] = []
    before: Mapping[str, Column] = {}
    for config in configs:
        columns = table_of(source, edition, config).columns
        new = {name: column for name, column in columns.items() if before.get(name) != column}
        if len(configs) > 1:
            told = ":"
            if before:
                told = f", the others as in `{configs[0].name}`:" if new else f" has the columns of `{configs[0].name}`."
            parts.append(f"Config `{config.name}`{told}")
        if lines := [(f"`{name}`", type_text(kind), column_meaning(name, kind)) for name, kind in new.items()]:
            parts.append(table(("column", "type", "meaning"), lines))
        if gone := [f"`{name}`" for name in before if name not in columns]:
            parts.append(f"Without {', '.join(gone)}.")
        before = before or columns
    return "\n\n".join(parts)


def _masks(source: Source, edition: Edition, report: Report, configs: Sequence[Config]) -> str:
    if not any(edition.classes_of(config) for config in configs):
        return "The source has no masks: `mask` is null in every row."
    coding = (
        "A mask is a single-channel 8-bit label map on the grid of its image: 0 is background, 1 and up are class indices"
        + (", 255 means not annotated here." if edition.reading.uncertain else ".")
        + " A null mask means that nobody annotated the image; a mask of zeros means that somebody did and found nothing."
    )
    if any(config.volumes for config in configs):
        coding += " A slice that nobody read of an annotated volume has a null mask; in a whole volume its pixels are 255."
    parts = [coding]
    shown: list[tuple[str, ...]] = []
    for config in configs:
        names = edition.classes_of(config)
        found = report.get("configs", {}).get(config.name)
        if not names or (found is None and names in shown):
            continue
        shown.append(names)
        if len(configs) > 1 and (found is not None or len({edition.classes_of(one) for one in configs}) > 1):
            parts.append(f"Config `{config.name}`:")
        parts.append(_class_table(names, found))
    if codes := _codes(source, [name for names in shown for name in names]):
        parts.append(codes)
    return "\n\n".join(parts)


def _class_table(names: Sequence[str], found: Section | None) -> str:
    lines: list[tuple[str, str]] = [(str(index), name) for index, name in enumerate(("background", *names))]
    if found is None:
        return table(("index", "class"), lines)
    if any("not annotated" in split["pixels"] for split in found["splits"].values()):
        lines.append(("255", "not annotated"))

    def total(key: Literal["rows_per_class", "pixels"], name: str) -> str:
        return f"{sum(split[key].get(name, 0) for split in found['splits'].values()):,}"

    return table(
        ("index", "class", "rows", "pixels"), [(index, name, total("rows_per_class", name), total("pixels", name)) for index, name in lines]
    )


def _codes(source: Source, names: Sequence[str]) -> str:
    """What classes are in SNOMED CT, as far as that is known."""
    known = [(name, source.codes[name]) for name in dict.fromkeys(names) if name in source.codes]
    told = [f"`{name}` is {concept.code} ({concept.meaning}{concept.side and f', {concept.side}'})" for name, concept in known]
    return f"In SNOMED CT {', '.join(told)}." if told else ""


def _splits(source: Source, report: Report) -> str:
    parts = [source.splits]
    sections = report.get("configs", {})
    lines = []
    for name, section in sections.items():
        for split, found in section["splits"].items():
            fraction = "" if found["foreground"] is None else f"{found['foreground']:.5f}"
            lines.append((name, split, f"{found['rows']:,}", f"{found['rows_with_mask']:,}", fraction))
    if lines:
        parts.append(table(("config", "split", "rows", "rows with mask", "mean foreground fraction"), lines))
    return "\n\n".join(parts)


def _common_changes(configs: Sequence[Config]) -> Iterator[str]:
    yield (
        "JPEG and PNG pictures (8-bit grey or RGB, 16-bit grey) keep their pixel data byte for byte; EXIF, XMP, IPTC, comments and text "
        "are taken out, and colour profiles (ICC) lose their texts, maker, device and date, or go where they are no profile. "
        "Every other format is stored as lossless PNG, 32-bit floats as TIFF."
    )
    yield "Nothing is resized, smoothed, padded or filled in; a file that could not be read exactly was left out and reported."
    yield "Masks are stored as label maps; names, dates and other identities do not travel."
    if any("mask_native" in config.columns for config in configs):
        yield (
            "Masks were published on another grid than their images: `mask` maps them to the image by nearest neighbour, "
            "index = floor((i + 0.5) * native / full); `mask_native` keeps them as published."
        )
    if any("slice_index" in config.columns for config in configs):
        yield (
            "Volumes are cut into slices without resampling, in ascending LPS order; stacking the slices gives the array back. "
            "Signed 16-bit values are shifted by +32768, as `rescale_intercept` says. Samples of 64-bit floats are rounded to 32 bits "
            "(relative error at most 6e-8)."
        )


def _counts(edition: Edition, report: Report) -> str:
    published = edition.published
    lines: list[tuple[str, ...]]
    if report:
        compared = [line for section in report["configs"].values() for line in section["published"]]
        lines = [(one["what"], one["split"], _number(one["published"]), _number(one["found"])) for one in compared]
    else:
        kinds = (
            ("rows", published.rows),
            ("rows with mask", published.with_mask),
            ("mean foreground fraction", published.foreground),
            ("volumes", published.volumes),
        )
        lines = [(what, split, _number(number)) for what, numbers in kinds for split, number in numbers.items()]
    if not lines:
        return ""
    header = ("what", "split", "published", "found") if report else ("what", "split", "published")
    title = "Published against found" if report else "Published counts"
    return f"## {title}\n\n{table(header, lines)}" + (f"\n\nPublished: {published.note}." if published.note else "")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.5f}"


def _left_out(report: Report, *, derived: bool) -> str:
    """Known defects, duplicates, rejected cases and files not used, in numbers; `report.json` names all but the last."""
    nothing = "every row that the recipe takes is here" if derived else "every file was used"
    twice = (
        ("files of several rows", "the rows stay, on one side") if derived else ("duplicate files", "byte-identical to a file that is used")
    )
    lines = []
    for name, section in report.get("configs", {}).items():
        if rejected := section["rejected"]:
            lines.append((name, "rejected rows" if derived else "rejected cases", f"{len(rejected):,}", "not in the data"))
        for what, notes in (("known defects", section["known"]), ("files not used", section["not_used"])):
            files: Counter[str] = Counter()
            for note in notes:
                files[note["reason"]] += note.get("files", 1)
            reasons = files.most_common()
            lines.extend((name, what, f"{count:,}", reason) for reason, count in reasons[:_REASONS])
            if others := sum(count for _, count in reasons[_REASONS:]):
                lines.append((name, what, f"{others:,}", "other reasons"))
        if duplicate := section["duplicate"]:
            lines.append((name, twice[0], f"{len(duplicate):,}", twice[1]))
    if not lines:
        return f"## What was left out\n\nNothing: {nothing}." if report else ""
    told = table(("config", "what", "number", "why"), lines)
    return f"## What was left out\n\n{told}\n\n`report.json` names every file but those that were not used."


def _noted(report: Report) -> str:
    """What is to be said about files that are used, in numbers; `report.json` names each file."""
    lines = []
    for name, section in report.get("configs", {}).items():
        if differ := section.get("checksums", {}).get("differ"):
            compared = counted(section["checksums"]["compared"], "file")
            lines.append((name, f"{differ:,}", f"{DIFFER} (of {compared} with a published checksum)"))
        notes = Counter(note["reason"] for note in section.get("notes", ()))
        lines.extend((name, f"{count:,}", reason) for reason, count in notes.most_common())
    named = "`report.json` names every file but those that differ from the published ones."
    return "" if not lines else f"## Noted\n\n{table(('config', 'files', 'what'), lines)}\n\n{named}"


def _obtaining(source: Source, edition: Edition) -> str:
    parts = [MODES[source.access.mode], numbered(source.access.steps)]
    if fetch := command(source, edition.name):
        parts.append(
            f"What a program may fetch comes with `{fetch}`; `hf-medseg check {source.id} RAW` compares it with what is published."
        )
    downloads = [one for one in source.access.downloads if one.edition in ("", edition.name)]
    if downloads:
        lines = [(one.name, one.choice, bytes_of(one).removesuffix(" bytes"), one.checksum, _addresses(one)) for one in downloads]
        parts.append(table(("file", "choice", "bytes", "checksum", "where"), lines))
    for part in source.parts:
        optional = "" if part.required else " (optional)"
        parts.append(f"Part `{part.name}`{optional}:\n\n{numbered(part.steps)}")
    parts.append(f"The raw tree looks like this:\n\n```\n{source.layout}\n```")
    return "\n\n".join(filter(None, parts))


def _addresses(download: Download) -> str:
    return "<br>or ".join(places(download))


def _license(terms: License) -> str:
    parts = [" ".join(filter(None, (f"**{terms.name}** (`{terms.id}`), tier `{terms.tier}`.", terms.url)))]
    if terms.evidence:
        lines = [(one.says, one.url, str(one.date or ""), one.confidence) for one in terms.evidence]
        parts.append("What this rests on:\n\n" + table(("evidence", "where", "date", "confidence"), lines))
    if terms.conditions:
        parts.append("Conditions that go with the data:\n\n" + bullets(terms.conditions))
    return "\n\n".join(parts)


def _citations(edition: Edition, about: OwnData) -> str:
    texts = list(edition.citations)
    texts += [told for told in about.citations if told not in [text.strip() for text in texts]]
    if not texts:
        return ""
    return "## Citation\n\n" + "\n\n".join(f"```bibtex\n{text.strip()}\n```" for text in texts)


def _origin(report: Report, what: str) -> str:
    if not report:
        return ""
    packages = ", ".join(f"{name} {version}" for name, version in report["packages"].items())
    made = f"Made from {what} with hf_medseg {report['converter']} ({packages})."
    return f"{made} `report.json` has the numbers, `id2label.json` the class names."
