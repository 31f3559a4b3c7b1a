"""NCI-ISBI 2013 challenge: zones of the prostate in MRI.

With datasets up to 3.6:  load_dataset("nci_isbi_2013.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("nci-isbi-2013", RAW)
From the shell:           python nci_isbi_2013.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class NciIsbi2013(RawDatasetBuilder):
    """NCI-ISBI 2013 challenge: zones of the prostate in MRI.

    nci-isbi-2013 comes under its owner's terms: license to be confirmed: CC BY 3.0 for the images,
      https://www.cancerimagingarchive.net/analysis-result/isbi-mr-prostate-2013/
    - images of both collections carry CC BY 3.0 in the index of the NCI Imaging Data Commons (version 25); the page
      of the masks was not read
    - Cite the masks by their DOI 10.7937/K9/TCIA.2015.zF0vlOPv and the images by theirs.
    - Follow the TCIA Data Usage Policy https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/ :
      do not try to identify or contact participants, make no renderings of faces or bodies to that end, cite the
      DOI. Whoever passes the data on must bind the readers of the copy to it.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "nci-isbi-2013"


if __name__ == "__main__":
    sys.exit(main(["convert", "nci-isbi-2013", *sys.argv[1:]]))
