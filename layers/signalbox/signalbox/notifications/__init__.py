"""What people read: Slack messages, modals and e-mails, rendered from the ledger. Pure."""
