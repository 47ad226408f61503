"""Commands that change issues, comments, labels, files and webhooks. REST, GraphQL and the pages all call them.

Each checks the caller's rights and the values. Call them inside `state.writing()`, which rolls back a failed command.
"""

from sandbox.github.commands.comments import (
    create_comment,
    delete_comment,
    delete_reaction,
    edit_comment,
    react,
)
from sandbox.github.commands.contents import FileChange, put_file
from sandbox.github.commands.hooks import ContentType, create_hook, delete_hook, edit_hook
from sandbox.github.commands.issues import (
    Change,
    create_from_form,
    create_from_template,
    create_issue,
    delete_issue,
    edit_issue,
    transfer_issue,
)
from sandbox.github.commands.labels import (
    add_labels,
    create_label,
    delete_label,
    edit_label,
    remove_label,
    set_labels,
)
from sandbox.github.commands.repositories import rename_repository

__all__ = [
    "Change",
    "ContentType",
    "FileChange",
    "add_labels",
    "create_comment",
    "create_from_form",
    "create_from_template",
    "create_hook",
    "create_issue",
    "create_label",
    "delete_comment",
    "delete_hook",
    "delete_issue",
    "delete_label",
    "delete_reaction",
    "edit_comment",
    "edit_hook",
    "edit_issue",
    "edit_label",
    "put_file",
    "react",
    "remove_label",
    "rename_repository",
    "set_labels",
    "transfer_issue",
]
