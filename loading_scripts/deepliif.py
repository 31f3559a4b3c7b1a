"""DeepLIIF: immunohistochemistry with co-registered multiplex immunofluorescence.

With datasets up to 3.6:  load_dataset("deepliif.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("deepliif", RAW)
From the shell:           python deepliif.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Deepliif(RawDatasetBuilder):
    """DeepLIIF: immunohistochemistry with co-registered multiplex immunofluorescence.

    deepliif comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes
      it, https://doi.org/10.5281/zenodo.4751737
    - quotes the record's license as CC BY 4.0
    - Cite Ghahremani et al. 2022.
    - Link https://doi.org/10.5281/zenodo.4751737 and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "deepliif"


if __name__ == "__main__":
    sys.exit(main(["convert", "deepliif", *sys.argv[1:]]))
