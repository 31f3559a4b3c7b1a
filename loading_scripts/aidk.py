"""AIDK: cornea, lesion and iris in anterior segment OCT of keratitis.

With datasets up to 3.6:  load_dataset("aidk.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("aidk", RAW)
From the shell:           python aidk.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Aidk(RawDatasetBuilder):
    """AIDK: cornea, lesion and iris in anterior segment OCT of keratitis.

    aidk comes under its owner's terms: license to be confirmed: CC0 on the record as two readers quote it,
      https://doi.org/10.6084/m9.figshare.c.7036994.v1
    - quotes the record's license as CC0, as does a second public catalogue
    - Cite Sun et al. 2024 (doi 10.1038/s41597-024-03464-0).
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "aidk"


if __name__ == "__main__":
    sys.exit(main(["convert", "aidk", *sys.argv[1:]]))
