"""BHSD: bleeding in CT of the head.

With datasets up to 3.6:  load_dataset("bhsd.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("bhsd", RAW)
From the shell:           python bhsd.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Bhsd(RawDatasetBuilder):
    """BHSD: bleeding in CT of the head.

    bhsd comes under its owner's terms: license to be confirmed: MIT by the README of the authors' repository, as
      its public copy has it, https://huggingface.co/datasets/Wendy-Fly/BHSD
    - a reader of the owners' card says MIT; the card was not seen
    - the README of the authors' repository, as its public copy has it, says that BHSD is under the MIT license;
      LICENSE.md was not seen
    - Cite Wu et al. 2023.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "bhsd"


if __name__ == "__main__":
    sys.exit(main(["convert", "bhsd", *sys.argv[1:]]))
