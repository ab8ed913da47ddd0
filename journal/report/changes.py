"""What a rebuild adds to the student's file and takes away from it: the tool's own lines alone."""

from __future__ import annotations

from journal.report.markers import Block, Outline, Scan, digest, one_line


class Changes:
    """What is to be put before which line of a file, and which lines are to be left out."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.before: dict[int, list[str]] = {}
        self.out = bytearray(len(scan.lines))
        self.gone: set[str] = set()

    def take_away(self, sections: Outline) -> None:
        """Leave out the untouched prompts that are not asked, or not in these words."""
        asked = {name: one_line(words) for _, _, prompts in sections for name, words in prompts}
        present = {name for name, _, _ in sections}
        blocks: dict[str, list[Block]] = {}
        at_home: set[str] = set()
        where = ""
        for block in self.scan.blocks:
            if block.kind == "section":
                where = block.id
            elif block.kind == "prompt":
                blocks.setdefault(block.id, []).append(block)
                if not where or where in present:
                    at_home.add(block.id)
        for name, places in blocks.items():
            untouched = all(
                place.intact and not place.fenced and not self.scan.words(place).strip()
                for place in places
            )
            if not untouched:
                continue
            for place in places:
                # In a section that is not asked for nobody would look for it.
                if name not in asked or name not in at_home:
                    self._leave_out(place.start, place.end)
                    self.gone.add(name)
                elif place.title != asked[name]:
                    self._leave_out(place.start, place.body)
                    self.before.setdefault(place.start, []).extend(_head(name, asked[name]))

        self._take_away_sections(present)

    def name_anew(self, sections: Outline) -> None:
        """Put the title that a section has now in place of an untouched one."""
        titles = {name: one_line(title) for name, title, _ in sections}
        for block in self.scan.blocks:
            if block.kind != "section" or not block.intact or block.fenced:
                continue
            title = titles.get(block.id)
            if title is not None and digest(title) not in self.scan.lines[block.start]:
                self._leave_out(block.start, block.body)
                # Ahead of all that is to come where the section's own words begin.
                self.before.setdefault(block.body, [])[:0] = _heading(block.id, title)

    def _take_away_sections(self, asked: set[str]) -> None:
        """Leave out the untouched headings of other sections, under which nothing is left."""
        blocks = self.scan.blocks
        following = [*(b.start for b in blocks if b.kind == "section"), len(self.scan.lines)]
        for block in blocks:
            if block.kind != "section" or block.id in asked or not block.intact or block.fenced:
                continue
            end = next(start for start in following if start > block.start)
            kept = self.out[block.end : end].count(0)
            if not kept and not self.scan.words(block).strip():
                self._leave_out(block.start, block.end)

    def add(self, sections: Outline) -> None:
        """Put in the sections and prompts that are missing."""
        blocks = self.scan.blocks
        present = {block.id for block in blocks if block.kind == "prompt"} - self.gone
        starts = [block.start for block in blocks if block.kind == "section"]
        ends = dict(zip(starts, [*starts, len(self.scan.lines)][1:], strict=True))
        places: dict[str, tuple[int, int]] = {}
        for block in blocks:
            if block.kind == "section":
                places.setdefault(block.id, (block.start, ends[block.start]))
        following = [places[name][0] for name, _, _ in sections if name in places]
        # Before the first section that is there, or at the end of a file that has none.
        where = following[0] if following else len(self.scan.lines)
        for name, title, prompts in sections:
            new: list[str] = []
            for prompt, question in prompts:
                if prompt not in present:
                    present.add(prompt)
                    new += [*_head(prompt, one_line(question)), "", ""]
            if name in places:
                # Ahead of a new section that may begin at the same place.
                where = places[name][1]
                self.before.setdefault(where, [])[:0] = new
            else:
                heading = _heading(name, one_line(title))
                self.before.setdefault(where, []).extend([*heading, "", *new])

    def _leave_out(self, start: int, end: int) -> None:
        self.out[start:end] = b"\x01" * (end - start)

    def result(self) -> str:
        """The file with the changes made."""
        scan, newline = self.scan, self.scan.newline
        written: list[str] = []
        lines = list(scan.lines)
        mark = ""
        if self.before.get(0) and lines and lines[0].startswith("\ufeff"):
            # A byte-order mark is one only where the file begins.
            mark, lines[0] = "\ufeff", lines[0][1:]
        for number in range(len(lines) + 1):
            if new := self.before.get(number):
                last = written[-1] if written else newline
                if not last.endswith(("\n", "\r")):
                    written.append(newline)
                if last.strip("\ufeff \t\r\n"):
                    written.append(newline)
                written.extend(line + newline for line in new)
            if number < len(lines) and not self.out[number]:
                written.append(lines[number])
        return mark + "".join(written)


def _heading(name: str, title: str) -> list[str]:
    """The tool's two lines of a section."""
    return [f"<!-- section: {name} {digest(title)} -->", f"# {title}"]


def _head(name: str, question: str) -> list[str]:
    """The tool's two lines of a prompt."""
    return [f"<!-- prompt: {name} {digest(question)} -->", f"> {question}"]
