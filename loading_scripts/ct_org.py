"""CT-ORG: organs in CT.

With datasets up to 3.6:  load_dataset("ct_org.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("ct-org", RAW)
From the shell:           python ct_org.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class CtOrg(RawDatasetBuilder):
    """CT-ORG: organs in CT.

    ct-org comes under its owner's terms: license to be confirmed: CC BY 3.0 according to readers,
      https://www.cancerimagingarchive.net/collection/ct-org/
    - readers of the collection's page say CC BY 3.0; the owner's own words were not seen
    - Cite the data by its DOI 10.7937/tcia.2019.tt7f4v7o, Rister et al. 2020 and Clark et al. 2013.
    - The scans of LiTS have terms of their own owners.
    - Follow the TCIA Data Usage Policy https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/ :
      do not try to identify or contact participants, make no renderings of faces or bodies to that end, cite the
      DOI. Whoever passes the data on must bind the readers of the copy to it.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "ct-org"


if __name__ == "__main__":
    sys.exit(main(["convert", "ct-org", *sys.argv[1:]]))
