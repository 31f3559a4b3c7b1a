"""Belarus Tuberculosis Portal (NIAID TB Portals).

With datasets up to 3.6:  load_dataset("belarus_tb.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("belarus-tb", RAW)
From the shell:           python belarus_tb.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class BelarusTb(RawDatasetBuilder):
    """Belarus Tuberculosis Portal (NIAID TB Portals).

    belarus-tb comes under its owner's terms: TB Portals Data Use Agreement,
      https://tbportals.niaid.nih.gov/download-data
    - a Data Use Agreement is needed to copy or obtain data; it is no grant to pass them on
    - The agreement asks to acknowledge the TB Portals Program: use its own words.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "belarus-tb"


if __name__ == "__main__":
    sys.exit(main(["convert", "belarus-tb", *sys.argv[1:]]))
