"""The titles and labels that the templates use; a pack may replace any of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Each phrase by its name in a pack's ``[wording]`` table. All of them are the tool's words."""

    contents: str = "Contents"
    glance: str = "The run at a glance"
    glances: str = "The runs at a glance"
    course: str = "Course"
    module: str = "Module"
    instructor: str = "Instructor"
    date: str = "Date"
    from_the_record: str = "From the record"
    take_note: str = "Take note"
    question: str = "Question"
    question_gone: str = "Question, no longer asked"
    unanswered: str = "Not answered yet."
    skipped: str = "The student chose not to answer."
    student_words: str = "Student’s words"
    student_answer: str = "Student’s answer"
    student_note: str = "Student’s note"
    student_challenge: str = "Student’s challenge"
    figure: str = "Figure"
    figure_as_table: str = "The figure as a table"
    table: str = "Table"
    further_words: str = "Further words"
    numbers: str = "Numbers looked up"
    whose_words: str = "Whose words"
    evidence: str = "Evidence"
