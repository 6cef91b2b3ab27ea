// Spans are a matter of the whole process: one test would see those of another.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
