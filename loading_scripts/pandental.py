"""Panoramic dental X-rays with segmented mandibles.

With datasets up to 3.6:  load_dataset("pandental.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("pandental", RAW)
From the shell:           python pandental.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Pandental(RawDatasetBuilder):
    """Panoramic dental X-rays with segmented mandibles.

    pandental comes under its owner's terms: license to be confirmed: CC BY 4.0 on version 1 of the record as one
      reader quotes it, https://data.mendeley.com/datasets/hxt48yk462/2
    - MedSegBench lists the set as CC BY 4.0, for version 1 of the record
    - Cite Abdi et al. 2015.
    - Link https://data.mendeley.com/datasets/hxt48yk462/2 and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "pandental"


if __name__ == "__main__":
    sys.exit(main(["convert", "pandental", *sys.argv[1:]]))
