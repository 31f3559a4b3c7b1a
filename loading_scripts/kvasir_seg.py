"""Kvasir-SEG: A Segmented Polyp Dataset.

With datasets up to 3.6:  load_dataset("kvasir_seg.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("kvasir-seg", RAW)
From the shell:           python kvasir_seg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class KvasirSeg(RawDatasetBuilder):
    """Kvasir-SEG: A Segmented Polyp Dataset.

    kvasir-seg comes under its owner's terms: research and education only, https://datasets.simula.no/kvasir-seg/
    - research and educational purposes only; commercial use forbidden without prior written permission; the paper
      must be cited
    - Research and educational purposes only.
    - Commercial use is forbidden without prior written permission.
    - Cite Jha et al. 2020.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "kvasir-seg"


if __name__ == "__main__":
    sys.exit(main(["convert", "kvasir-seg", *sys.argv[1:]]))
