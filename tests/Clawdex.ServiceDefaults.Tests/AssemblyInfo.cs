// Spans are a matter of the whole process: one test would see those of another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
