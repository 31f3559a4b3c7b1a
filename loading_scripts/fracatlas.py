"""FracAtlas: fractures in musculoskeletal radiographs.

With datasets up to 3.6:  load_dataset("fracatlas.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("fracatlas", RAW)
From the shell:           python fracatlas.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Fracatlas(RawDatasetBuilder):
    """FracAtlas: fractures in musculoskeletal radiographs.

    fracatlas comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes
      it, https://doi.org/10.6084/m9.figshare.22363012
    - quotes the record's license as CC BY 4.0
    - Cite Abedeen et al. 2023.
    - Link https://doi.org/10.6084/m9.figshare.22363012 and say that outlines were painted.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "fracatlas"


if __name__ == "__main__":
    sys.exit(main(["convert", "fracatlas", *sys.argv[1:]]))
