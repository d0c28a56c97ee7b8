"""Ways for letters out of the house: by SMTP, or, in development, into a folder."""

from app.deliveries.mail.channel import MailChannel
from app.deliveries.mail.folder import FolderChannel
from app.deliveries.mail.smtp import SmtpChannel

__all__ = ["FolderChannel", "MailChannel", "SmtpChannel"]
