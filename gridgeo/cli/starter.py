"""What `gridgeo init` writes, and where the samples of `gridgeo demo` are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from gridgeo.cli.options import DEFAULT_FILE
from gridgeo.cli.template import TEMPLATE_NAMES, write_template
from gridgeo.errors import OutputError, SettingsError
from gridgeo.text import Lang, Text

_PACKAGE = Path(__file__).resolve().parents[1]
#: in an installed wheel, and in a checkout
_SAMPLES = (_PACKAGE / "samples", _PACKAGE.parent / "data" / "samples")


def write_starter(folder: Path, *, overwrite: bool, lang: Lang = "zh") -> tuple[Path, ...]:
    """Write a settings file with every setting explained, and a workbook to fill in.

    Parameters
    ----------
    folder
        Where to; made when it is not there.
    overwrite
        Whether files of these names there may be replaced.
    lang
        Of the workbook; the settings file speaks both languages.

    Returns
    -------
    tuple of Path
        ``gridgeo.toml`` and the workbook.

    Raises
    ------
    OutputError
        One of the files is there and `overwrite` is false (then none is written), or the folder
        cannot be written to.
    """
    settings, workbook = folder / DEFAULT_FILE, folder / TEMPLATE_NAMES.say(lang)
    if not overwrite:
        for path in (settings, workbook):
            _refuse_existing(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settings.write_bytes(files("gridgeo.cli").joinpath("template.toml").read_bytes())
        write_template(workbook, lang)
    except OSError as error:
        raise OutputError(
            Text(f"cannot write here: {error.strerror}", f"无法写入：{error.strerror}"),
            file=str(error.filename or folder),
            remedy=Text(
                "Choose another folder, or close the file where it is open",
                "请换一个文件夹，或关闭正在打开该文件的程序",
            ),
        ) from error
    return settings, workbook


def sample_settings(name: str) -> Path:
    """Return the settings file of a sample that comes with gridgeo.

    Raises
    ------
    SettingsError
        There is no such sample; the message lists those there are.

    Examples
    --------
    >>> sample_settings("monaco").name
    'gridgeo.toml'
    """
    samples = {
        path.parent.name: path
        for folder in reversed(_SAMPLES)
        for path in sorted(folder.glob(f"*/{DEFAULT_FILE}"))
    }
    if name not in samples:
        raise SettingsError(
            Text(f"there is no sample {name!r}", f"没有名为 {name!r} 的样例"),
            remedy=Text(f"Choose one of {', '.join(samples)}", f"可选：{'、'.join(samples)}"),
        )
    return samples[name]


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise OutputError(
            Text("the file is there already", "文件已存在"),
            file=str(path),
            remedy=Text(
                "Give --overwrite to replace it, or another folder",
                "如需替换请加 --overwrite，或换一个文件夹",
            ),
        )
