"""Word vectors from files, and the initial embedding matrix."""

import gzip
import subprocess
import sys

import numpy as np
import pytest

from textclf.data import vectors as module
from textclf.data.cache import cache_folder
from textclf.data.checksums import file_sha256
from textclf.data.vectors import check_size, embedding_matrix, find_vectors, load_vectors
from textclf.errors import ConfigurationError, DataError, OutputError

GLOVE = "the 1 2 3\ncafé -0.5 1e-3 .25\nof 7 8 9\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTCLF_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TEXTCLF_DATA", raising=False)


def put(path, content=GLOVE):
    content = content.encode("utf-8") if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(("name", "content"), [("a.txt", GLOVE), ("a.txt.gz", GLOVE), ("a.vec", "3 3\n" + GLOVE)])
@pytest.mark.parametrize("time", ["first", "second"])
def test_every_format_gives_the_same_vectors_from_file_and_from_cache(tmp_path, name, content, time):
    path = put(tmp_path / name, content.replace("\n", " \r\n") if name == "a.vec" else content)
    for _ in range(1 if time == "first" else 2):
        vectors = load_vectors(str(path))
    assert vectors.words == {"the": 0, "café": 1, "of": 2}
    assert vectors.matrix.dtype == np.float32
    expected = np.array([[1, 2, 3], [-0.5, 0.001, 0.25], [7, 8, 9]], dtype=np.float32)
    assert np.array_equal(vectors.matrix, expected)
    assert vectors.sha256 == file_sha256(path)


def test_the_second_time_the_file_is_not_parsed_and_the_matrix_is_memory_mapped(tmp_path, monkeypatch):
    path = put(tmp_path / "a.txt")
    load_vectors(str(path))
    monkeypatch.setattr(module, "_parse", lambda path: pytest.fail("parsed again"))
    matrix = load_vectors(str(path)).matrix
    assert not matrix.flags.owndata
    assert not matrix.flags.writeable


def test_the_file_is_parsed_again_if_its_cache_file_is_altered(tmp_path):
    path = put(tmp_path / "a.txt")
    before = load_vectors(str(path)).matrix.copy()
    (table,) = cache_folder().iterdir()
    content, value = table.read_bytes(), np.float32(7).tobytes()
    assert value in content
    table.write_bytes(content.replace(value, np.float32(70).tobytes()))
    assert np.array_equal(load_vectors(str(path)).matrix, before)
    assert table.read_bytes() == content


def test_a_file_with_new_content_is_read_again(tmp_path):
    path = put(tmp_path / "a.txt")
    before = load_vectors(str(path))
    after = load_vectors(str(put(path, "the 4 5 6\n")))
    assert after.words == {"the": 0}
    assert after.sha256 != before.sha256


def test_words_with_spaces_carriage_returns_and_wrong_bytes_keep_their_rows(tmp_path):
    path = put(tmp_path / "a.txt", b"a 1 2\n. . . 3 4\nb\rc 5 6\nd\xff 7 8\na 9 9\ne\xc2\x85f 10 11\n")
    for _ in range(2):
        vectors = load_vectors(str(path))
        assert list(vectors.words) == ["a", ". . .", "b\rc", "d\ufffd", "e\x85f"]
        assert vectors.matrix[:, 0].tolist() == [1, 3, 5, 7, 10]  # if a word has two vectors, the first is used


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a 1 2\nb 1\n", "line 2: expected a word and 2 numbers, as on the first line, found 1 values"),
        ("a 1 2\nb 1 2 3\n", "line 2: expected a word and 2 numbers, as on the first line, found 3 values"),
        ("a 1 2\nb 1 x\n", "line 2: expected a word and 2 numbers, as on the first line, found 2 values, not all"),
        ("a 1 2\nb 1 nan\n", "line 2: expected"),
        ("a 1 inf\n", "line 1: expected"),
        ("2 2\na 1 2\nb 1\n", "line 3: expected"),
        ("a 1 2\n\nb 1 2\n", "line 2: expected"),
        ("alone\n", "line 1: expected a word and some numbers"),
        ("", "empty"),
        ("2 2\n", "empty"),
    ],
)
def test_the_error_for_a_damaged_file_gives_the_reason_and_nothing_is_cached(tmp_path, content, message):
    path = put(tmp_path / "a.txt", content)
    with pytest.raises(DataError) as error:
        load_vectors(str(path))
    assert f"{path}" in str(error.value)
    assert message in str(error.value)
    assert not list(cache_folder().iterdir())


def test_every_kind_of_damaged_archive_is_an_error(tmp_path):
    lines = "".join(f"word{row} {row * 0.37:.4f} {row * 0.73:.4f}\n" for row in range(5000))
    whole = gzip.compress(lines.encode())
    for content in (
        b"junk",
        whole[: len(whole) // 2],
        whole[:2000] + b"\0" * 50 + whole[2050:],
        whole[:-6] + b"\0" * 6,
    ):
        path = tmp_path / "a.gz"
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.gz"):
            load_vectors(str(path))
    path.write_bytes(whole)
    assert len(load_vectors(str(path)).words) == 5000


def test_a_file_is_found_in_the_working_folder_then_under_the_data_folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    put(tmp_path / "data" / "a.txt")
    with pytest.raises(DataError, match=r'no file "a\.txt" here, and TEXTCLF_DATA is not set'):
        find_vectors("a.txt")
    monkeypatch.setenv("TEXTCLF_DATA", str(tmp_path / "data"))
    assert find_vectors("a.txt") == tmp_path / "data" / "a.txt"
    put(tmp_path / "here" / "a.txt")
    assert find_vectors("a.txt").resolve() == tmp_path / "here" / "a.txt"
    with pytest.raises(DataError, match=r'no file "b\.txt" here or under'):
        find_vectors("b.txt")


LOAD = """
import sys
from textclf.data.vectors import load_vectors
vectors = load_vectors(sys.argv[1])
print(len(vectors.words), int(vectors.matrix.sum()))
"""


def test_processes_that_read_a_new_file_together_all_read_it_completely(tmp_path):
    path = put(tmp_path / "a.txt", "".join(f"w{row} 1 2\n" for row in range(20_000)))
    command = [sys.executable, "-c", LOAD, str(path)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [reader.communicate()[0] for reader in readers] == ["20000 60000\n"] * 3
    assert len(list(cache_folder().iterdir())) == 1


def test_known_words_get_their_vectors_and_the_others_random_ones(tmp_path):
    vectors = load_vectors(str(put(tmp_path / "a.txt")))
    vocabulary = ["[PAD]", "[UNK]", "of", "zebra", "café", "The"]
    matrix = embedding_matrix(vocabulary, vectors, 3, seed=1)
    assert (matrix.shape, matrix.dtype) == ((6, 3), np.float32)
    assert matrix[2].tolist() == [7, 8, 9]
    assert np.array_equal(matrix[4], vectors.matrix[1])
    random = [0, 1, 3, 5]
    assert np.array_equal(matrix[random], embedding_matrix(vocabulary, None, 3, seed=1)[random])
    assert not (matrix[random] == embedding_matrix(vocabulary, vectors, 3, seed=2)[random]).any()
    assert np.array_equal(matrix, embedding_matrix(vocabulary, vectors, 3, seed=1))


def test_random_vectors_have_the_documented_scale():
    matrix = embedding_matrix([f"w{row}" for row in range(500)], None, 101, seed=0)
    assert abs(matrix.std() - 0.1) < 0.002
    assert abs(matrix.mean()) < 0.002
    assert abs(matrix.std() - 0.11) > 0.002


def test_a_vocabulary_without_known_words_gets_random_vectors(tmp_path):
    vectors = load_vectors(str(put(tmp_path / "a.txt")))
    assert np.array_equal(embedding_matrix(["x"], vectors, 3, 4), embedding_matrix(["x"], None, 3, 4))


def test_the_error_for_a_wrong_embedding_size_names_both_sizes(tmp_path):
    vectors = load_vectors(str(put(tmp_path / "a.txt")))
    check_size(vectors, 3)
    with pytest.raises(ConfigurationError, match=r"embedding_dim: 5, but vectors in a\.txt have 3 values"):
        embedding_matrix(["x"], vectors, 5, seed=0)


def test_the_error_for_a_cache_that_cannot_be_created_says_what_to_set(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("TEXTCLF_CACHE", str(folder))
        with pytest.raises(OutputError, match="name a folder in TEXTCLF_CACHE"):
            load_vectors(str(put(tmp_path / "a.txt")))


def test_the_error_for_a_cache_that_cannot_be_written_gives_the_reason(tmp_path, monkeypatch):
    def write(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write", write)
    with pytest.raises(OutputError, match="No space left on device"):
        load_vectors(str(put(tmp_path / "a.txt")))


def test_the_place_of_the_cache_depends_on_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTCLF_CACHE", str(tmp_path / "chosen" / "deep"))
    assert cache_folder() == tmp_path / "chosen" / "deep"
    assert cache_folder().is_dir()
    monkeypatch.delenv("TEXTCLF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert cache_folder() == tmp_path / "user" / "textclf"


@pytest.mark.parametrize("header", ["4 3", "2 3", "3 2", "3 300"])
def test_a_header_that_does_not_match_its_file_is_refused(tmp_path, header):
    path = put(tmp_path / "a.vec", f"{header}\n{GLOVE}")
    with pytest.raises(
        DataError, match=f'line 1: "{header}" .* but there are 3 words of 3 values; is the file complete'
    ):
        load_vectors(str(path))


def test_a_header_counts_repeated_words_too(tmp_path):
    assert len(load_vectors(str(put(tmp_path / "a.vec", f"4 3\n{GLOVE}the 9 9 9\n"))).words) == 3


def test_vectors_without_a_word_of_the_vocabulary_give_a_warning(tmp_path, caplog):
    vectors = load_vectors(str(put(tmp_path / "a.txt")))
    embedding_matrix(["[PAD]", "[UNK]", "of"], vectors, 3, seed=0)
    assert not caplog.records
    embedding_matrix(["[PAD]", "[UNK]", "film"], vectors, 3, seed=0)
    (record,) = caplog.records
    assert record.getMessage().startswith("vectors: a.txt has no word of the vocabulary")
