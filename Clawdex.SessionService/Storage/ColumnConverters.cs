using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Clawdex.SessionService.Storage;

/// <summary>Times are integers that sort and compare in SQL.</summary>
internal sealed class UnixMillisecondsConverter() : ValueConverter<DateTimeOffset, long>(
    time => time.ToUnixTimeMilliseconds(),
    milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

/// <summary>Turn states are words; see <see cref="ColumnText"/>.</summary>
internal sealed class TurnStateConverter() : ValueConverter<TurnState, string>(
    state => ColumnText.Of(state),
    text => ColumnText.ToTurnState(text));

/// <summary>Finish reasons are words; see <see cref="ColumnText"/>.</summary>
internal sealed class FinishReasonConverter() : ValueConverter<FinishReason, string>(
    reason => ColumnText.Of(reason),
    text => ColumnText.ToFinishReason(text));

/// <summary>Roles are words; see <see cref="ColumnText"/>.</summary>
internal sealed class MessageRoleConverter() : ValueConverter<MessageRole, string>(
    role => ColumnText.Of(role),
    text => ColumnText.ToMessageRole(text));
