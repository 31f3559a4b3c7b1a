"""RVO-ME (RVO-Lesion): macular lesions in retinal vein occlusion.

With datasets up to 3.6:  load_dataset("rvo_me.py", data_dir=RAW, trust_remote_code=True)
With every datasets:      hf_medseg.load_dataset("rvo-me", RAW)
From the shell:           python rvo_me.py RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class RvoMe(RawDatasetBuilder):
    """RVO-ME (RVO-Lesion): macular lesions in retinal vein occlusion.

    rvo-me comes under its owner's terms: license to be confirmed: CC BY 4.0 on the record as one reader quotes it,
      https://doi.org/10.6084/m9.figshare.29804435.v1
    - quotes the record's license as CC BY 4.0
    - Cite Xiong et al. 2026 (doi 10.1038/s41597-026-06695-5) and the record.
    - Link the license and say what was changed.
    What you convert from it stays on your disks: this package will not publish it.
    """

    SOURCE = "rvo-me"


if __name__ == "__main__":
    sys.exit(main(["convert", "rvo-me", *sys.argv[1:]]))
