"""What a second pair of eyes would say: rules over figures of the moment, how their advice is kept, and how it is judged afterwards."""
