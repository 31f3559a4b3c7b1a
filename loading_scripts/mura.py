"""MURA: Large Dataset for Abnormality Detection in Musculoskeletal Radiographs (v1.1).

With datasets up to 3.6:  load_dataset("mura.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("mura", RAW)
From the shell:           python mura.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Mura(RawDatasetBuilder):
    """MURA: Large Dataset for Abnormality Detection in Musculoskeletal Radiographs (v1.1).

    mura comes under its owner's terms: Stanford University School of Medicine MURA Dataset Research Use Agreement,
      https://stanfordmlgroup.github.io/competitions/mura/
    - researchers bound by the agreement say that it does not allow sharing even processed copies
    - Research use under the agreement that each user accepts; the data may not be passed on.
    - Cite Rajpurkar et al. 2017.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "mura"


if __name__ == "__main__":
    sys.exit(main(["convert", "mura", *sys.argv[1:]]))
