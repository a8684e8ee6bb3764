"""The tables, by subject. Rows are written and read through the modules beside this folder; nothing validates on the way in but the
types in columns.py.

All moments are UTC. Values that can be anything a vocabulary declares are JSON, dates in them ISO texts.
"""

from database.tables.access import ApiKeyRow, IdempotencyKeyRow, InstallationRow
from database.tables.accounts import AccountRow, ContactRow, ContractRow, ErasureRow, EventRow, ReadingRow
from database.tables.columns import UtcDateTime, metadata, table
from database.tables.definitions import ApprovedWordsRow, DefinitionRow, ForesightRow, ProposalRow, PublicationRow, PublishingRow, Revision
from database.tables.messages import AnswerRow, MessageRow, ProviderRow, ReplyRow, ReportRow
from database.tables.readers import ConsentRow, ExternalSendRow, ReaderRow, SuppressionRow
from database.tables.runs import DecisionRow, EnrollmentRow, FollowUpRow, HoldRow, NoticeRow, PlannedStartRow, ShadowRow
from database.tables.work import ApprovalRow, EditRow, EscalationRow, PersonRow, TaskRow, VerdictRow

__all__ = [
    "AccountRow",
    "AnswerRow",
    "ApiKeyRow",
    "ApprovalRow",
    "ApprovedWordsRow",
    "ConsentRow",
    "ContactRow",
    "ContractRow",
    "DecisionRow",
    "DefinitionRow",
    "EditRow",
    "EnrollmentRow",
    "ErasureRow",
    "EscalationRow",
    "EventRow",
    "ExternalSendRow",
    "FollowUpRow",
    "ForesightRow",
    "HoldRow",
    "IdempotencyKeyRow",
    "InstallationRow",
    "MessageRow",
    "NoticeRow",
    "PersonRow",
    "PlannedStartRow",
    "ProposalRow",
    "ProviderRow",
    "PublicationRow",
    "PublishingRow",
    "ReaderRow",
    "ReadingRow",
    "ReplyRow",
    "ReportRow",
    "Revision",
    "ShadowRow",
    "SuppressionRow",
    "TaskRow",
    "UtcDateTime",
    "VerdictRow",
    "metadata",
    "table",
]
