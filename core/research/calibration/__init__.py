"""What trading really cost: fee, slippage, impact and latency estimated from fills a venue made and the tape around them."""
