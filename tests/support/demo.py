"""`make demo`: a raw tree with drawn pictures of a retina, converted, verified, loaded, streamed and shown, without network or real data."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from tests.support import kit, retina

FOLDER = Path("demo")


def main() -> int:
    """Runs the main job as a user would, and says what it did."""
    from datasets import load_dataset

    from hf_medseg.cli import main as hf_medseg

    began = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    raw, out = FOLDER / "CHASEDB1.zip", FOLDER / "chase-db1"
    retina.write(FOLDER / "phantom")
    kit.litter(FOLDER / "phantom")
    kit.as_zip(FOLDER / "phantom", raw, top="CHASEDB1/")
    print(f"A phantom of CHASE_DB1 (drawn pictures in the owner's true layout, with system litter) is in {raw}.\n")

    for command in (
        ["identify", str(raw)],
        ["convert", "chase-db1", str(raw), str(out)],
        ["verify", str(out)],
        ["preview", str(out), "--to", str(FOLDER / "preview.png")],
    ):
        print("$ hf-medseg", *command)
        if code := hf_medseg(command):
            return code
        print()

    cache = str(FOLDER / "cache")
    dataset = load_dataset(str(out), split="train", cache_dir=cache)
    row = dataset[0]
    print(f'load_dataset("{out}"): {dataset.num_rows} rows, columns {", ".join(dataset.column_names)}')
    print(
        f"first row: image {row['image'].mode} {row['image'].size}, mask {row['mask'].mode} with the values {sorted({value for _, value in row['mask'].getcolors()})}"
    )
    stream = load_dataset(str(out), split="train", streaming=True, cache_dir=cache)
    print(f"streamed: {sum(1 for _ in stream)} rows")
    report = json.loads((out / "report.json").read_text())["configs"]["default"]
    print(
        f"report.json: {report['splits']['train']['rows_per_class']} rows per class, {sum(one['files'] for one in report['not_used'])} files not used, all with a reason"
    )
    print(f"\nWhat came out is in {out}, a contact sheet in {FOLDER / 'preview.png'}. It took {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
