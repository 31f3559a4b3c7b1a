"""SIPaKMeD Pap smear database.

With datasets up to 3.6:  load_dataset("sipakmed.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("sipakmed", RAW)
From the shell:           python sipakmed.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Sipakmed(RawDatasetBuilder):
    """SIPaKMeD Pap smear database.

    sipakmed comes under its owner's terms: publicly available, for experimental purposes,
      https://www.cs.uoi.gr/~marina/sipakmed.html
    - publicly available; may be used for experimental purposes; asks for a citation; grants no redistribution
    - the re-host names no license
    - Cite Plissiti et al. 2018 (ICIP).
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "sipakmed"


if __name__ == "__main__":
    sys.exit(main(["convert", "sipakmed", *sys.argv[1:]]))
