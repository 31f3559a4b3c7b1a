"""TotalSegmentator MRI: 50 structures of the whole body.

With datasets up to 3.6:  load_dataset("totalsegmentator_mri.py", data_dir=RAW, trust_remote_code=True, edition=NAME)
With every datasets:      hf_medseg.load_dataset("totalsegmentator-mri", RAW, edition=NAME)
From the shell:           python totalsegmentator_mri.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class TotalsegmentatorMri(RawDatasetBuilder):
    """TotalSegmentator MRI: 50 structures of the whole body.

    totalsegmentator-mri (v2) comes under its owner's terms: license to be confirmed: CC BY-NC-SA 2.0 according to
      readers, https://zenodo.org/records/14710732
    - a reader of the record's metadata and a copy of the 616 scans say CC BY-NC-SA 2.0; the owner's own words were
      not seen
    - Cite Akinci D'Antonoli et al. 2025 and the version of the data by its DOI.
    What you convert from it stays on your disks: this package will not publish it.

    totalsegmentator-mri (v3) comes under its owner's terms: license to be confirmed: CC BY 4.0 according to a
      reader, https://zenodo.org/records/22688334
    - a reader of the record's metadata says CC BY 4.0; the owner's own words were not seen
    - Cite Akinci D'Antonoli et al. 2025 and the version of the data by its DOI.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "totalsegmentator-mri"


if __name__ == "__main__":
    sys.exit(main(["convert", "totalsegmentator-mri", *sys.argv[1:]]))
