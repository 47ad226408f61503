"""What callers do to issues, labels and comments. REST, GraphQL and the pages call the same acts.

Each checks the caller's rights and the values; it is called inside `state.writing()`, which undoes half a write.
"""

from sandbox.github.acts.comments import (
    create_comment,
    delete_comment,
    edit_comment,
    react,
    take_back_reaction,
)
from sandbox.github.acts.contents import FileChange, put_file
from sandbox.github.acts.hooks import ContentType, create_hook, delete_hook, edit_hook
from sandbox.github.acts.issues import (
    Change,
    create_from_template,
    create_issue,
    delete_issue,
    edit_issue,
    open_by_form,
    transfer_issue,
)
from sandbox.github.acts.labels import (
    add_labels,
    create_label,
    delete_label,
    edit_label,
    remove_label,
    set_labels,
)
from sandbox.github.acts.repositories import rename_repository

__all__ = [
    "Change",
    "ContentType",
    "FileChange",
    "add_labels",
    "create_comment",
    "create_from_template",
    "create_hook",
    "create_issue",
    "create_label",
    "delete_comment",
    "delete_hook",
    "delete_issue",
    "delete_label",
    "edit_comment",
    "edit_hook",
    "edit_issue",
    "edit_label",
    "open_by_form",
    "put_file",
    "react",
    "remove_label",
    "rename_repository",
    "set_labels",
    "take_back_reaction",
    "transfer_issue",
]
