"""NSCLC-Radiomics (Lung1).

With datasets up to 3.6:  load_dataset("nsclc_radiomics.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("nsclc-radiomics", RAW)
From the shell:           python nsclc_radiomics.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class NsclcRadiomics(RawDatasetBuilder):
    """NSCLC-Radiomics (Lung1).

    nsclc-radiomics comes under its owner's terms: Creative Commons Attribution-NonCommercial 3.0 Unported,
      https://creativecommons.org/licenses/by-nc/3.0/
    - images, RTSTRUCT and SEG of the collection, 1,265 series, carry CC BY-NC 3.0 in the index of the NCI Imaging
      Data Commons (version 25)
    - Cite the data by its DOI 10.7937/K9/TCIA.2015.PF0M9REI, Aerts et al. 2014 and Clark et al. 2013.
    - Use it for non-commercial purposes only.
    - Link the license https://creativecommons.org/licenses/by-nc/3.0/ and say what was changed.
    - Follow the TCIA Data Usage Policy https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/ :
      do not try to identify or contact participants, make no renderings of faces or bodies to that end, cite the
      DOI. Whoever passes the data on must bind the readers of the copy to it.
    It may be passed on for non-commercial purposes only, under the same terms.
    """

    SOURCE = "nsclc-radiomics"


if __name__ == "__main__":
    sys.exit(main(["convert", "nsclc-radiomics", *sys.argv[1:]]))
