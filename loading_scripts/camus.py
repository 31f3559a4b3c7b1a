"""CAMUS: the left heart in echocardiography.

With datasets up to 3.6:  load_dataset("camus.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("camus", RAW)
From the shell:           python camus.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Camus(RawDatasetBuilder):
    """CAMUS: the left heart in echocardiography.

    camus comes under its owner's terms: license to be confirmed: CC BY-NC-SA 4.0 according to readers,
      https://www.creatis.insa-lyon.fr/Challenge/camus/
    - readers say CC BY-NC-SA 4.0, for scientific research that is not commercial; the owner's own words were not
      seen
    - Cite Leclerc et al. 2019.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "camus"


if __name__ == "__main__":
    sys.exit(main(["convert", "camus", *sys.argv[1:]]))
