"""CXLSeg: Chest X-ray Dataset with Lung Segmentation (version 1.0.0).

With datasets up to 3.6:  load_dataset("cxlseg.py", data_dir=RAW, trust_remote_code=True, parts={...})
With every datasets:      hf_medseg.load_dataset("cxlseg", RAW, parts={...})
From the shell:           python cxlseg.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class Cxlseg(RawDatasetBuilder):
    """CXLSeg: Chest X-ray Dataset with Lung Segmentation (version 1.0.0).

    cxlseg comes under its owner's terms: PhysioNet Credentialed Health Data License,
      https://physionet.org/content/chest-x-ray-segmentation/1.0.0/
    - Database, Credentialed Access: only credentialed users who sign the agreement may use the files
    - data under the credentialed agreement may not be shared with third parties
    - The data, and what is derived from it, may not be shared with third parties.
    - Cite Indeewara et al. 2023 and PhysioNet.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "cxlseg"


if __name__ == "__main__":
    sys.exit(main(["convert", "cxlseg", *sys.argv[1:]]))
