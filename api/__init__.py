"""JSON over HTTP for programs. Every error is a problem document (RFC 9457) that says what to do."""
