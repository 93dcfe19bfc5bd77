"""What a person sees and types: the Textual app and the command line. Reaches a running engine through core.client only."""
