"""From a strategy's `step` to machine code: the bundler, the generated module, its cache, the compiler process."""
