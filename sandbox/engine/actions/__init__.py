"""The work of each action provider; `ActionWorkers` hands an order to the right one."""
