"""SPIDER: lumbar spine segmentation.

With datasets up to 3.6:  load_dataset("spider.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("spider", RAW)
From the shell:           python spider.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Spider(RawDatasetBuilder):
    """SPIDER: lumbar spine segmentation.

    spider comes under its owner's terms: license to be confirmed: CC BY 4.0 according to readers,
      https://doi.org/10.5281/zenodo.10159290
    - readers of the record say CC BY 4.0; the owner's own words were not seen
    - Cite van der Graaf et al. 2024.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "spider"


if __name__ == "__main__":
    sys.exit(main(["convert", "spider", *sys.argv[1:]]))
