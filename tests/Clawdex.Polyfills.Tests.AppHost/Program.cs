using Microsoft.Extensions.Configuration;

// The AppHost that the stand-ins' tests run, in the test's process and in one of its own.
var builder = DistributedApplication.CreateBuilder(args);

if (builder.Configuration["fails"] is { } reason)
    throw new InvalidOperationException(reason);

var database = builder.AddSqlite("db", builder.Configuration["folder"], "test.db");
var greeting = builder.AddParameter("greeting", () => builder.Configuration["texts:greeting"] ?? "hello", secret: true);

var backend = builder.AddProject<Projects.Clawdex_Polyfills_Tests_Service>("backend")
    .WithHttpEndpoint(port: builder.Configuration.GetValue<int?>("port"))
    .WithHttpHealthCheck("/health")
    .WithEnvironment("GREETING", greeting)
    .WithReference(database);

builder.AddProject<Projects.Clawdex_Polyfills_Tests_Service>("frontend")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithReference(backend)
    .WaitFor(backend)
    .OnResourceReady((_, _, _) =>
    {
        Console.WriteLine("everything is ready");
        return Task.CompletedTask;
    });

builder.Build().Run();
return 0;
