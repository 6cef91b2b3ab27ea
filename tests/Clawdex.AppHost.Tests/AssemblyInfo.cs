// Each test starts the whole system, five processes on what may be two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
