using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Tests.Storage;

public sealed class WriteTransactionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_an_operation_noted_that_was_rolled_back_is_forgotten_and_what_was_noted_before_it_is_not(bool hasErased)
    {
        using var db = new SessionDbContext(new DbContextOptionsBuilder<SessionDbContext>().Options);
        var transaction = new WriteTransaction(db, TimeProvider.System);
        Note(transaction, "before", hasErased);

        var (entered, changes, hadErased) = (transaction.Entered.Count, transaction.Changes.Count, transaction.HasErased);
        Note(transaction, "rolled back", hasErased: true);
        transaction.Undo(entered, changes, hadErased);

        Assert.Equal("before", Assert.Single(transaction.Changes).SessionKey);
        Assert.Single(transaction.Entered);
        Assert.Equal(hasErased, transaction.HasErased);
    }

    private static void Note(WriteTransaction transaction, string sessionKey, bool hasErased)
    {
        transaction.HistoryChanged(sessionKey);
        transaction.TurnEntered(TurnState.Accepted);
        if (hasErased)
            transaction.Erased();
    }
}
