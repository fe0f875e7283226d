"""The ports of ``signalbox.ports`` as real technologies: DynamoDB, SQS, S3, AWS APIs, Slack."""
