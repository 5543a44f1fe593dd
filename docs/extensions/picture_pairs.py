"""A picture that has a dark twin is shown as the pair: which of the two, the theme decides.

`images/x.png` is as it is in any reader of Markdown; where `images/x-dark.png` lies beside it, the
site shows that one on dark pages.
"""

from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform


class PicturePairs(SphinxTransform):
    default_priority = 200

    def apply(self) -> None:
        folder = Path(self.env.doc2path(self.env.docname)).parent
        for light in list(self.document.findall(nodes.image)):
            path = Path(light["uri"])
            dark = path.with_stem(f"{path.stem}-dark")
            if "://" in light["uri"] or not (folder / dark).exists():
                continue
            twin = light.deepcopy()
            twin["uri"] = dark.as_posix()
            twin["classes"].append("only-dark")
            light["classes"].append("only-light")
            light.parent.insert(light.parent.index(light) + 1, twin)


def setup(app):
    app.add_transform(PicturePairs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
