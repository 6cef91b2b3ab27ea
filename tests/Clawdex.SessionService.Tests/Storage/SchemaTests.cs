using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.SessionService.Tests.Storage;

public sealed class SchemaTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    public void Dispose() => _service.Dispose();

    [Fact]
    public void The_migrations_say_all_that_the_model_says()
    {
        using var scope = _service.Services.CreateScope();

        Assert.False(scope.ServiceProvider.GetRequiredService<SessionDbContext>().Database.HasPendingModelChanges());
    }
}
