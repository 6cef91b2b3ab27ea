using Clawdex.SessionService.Model;

namespace Clawdex.SessionService.Turns;

/// <summary>A turn with the texts of its messages, as a gateway sees it. The answer is empty until there is one.</summary>
internal sealed record TurnView(Turn Turn, Session Session, string UserText, string AnswerText);

/// <summary>Where in the chat a turn takes place.</summary>
internal sealed record TurnMessages(long TurnId, string SessionKey, long OriginMessageId, long[] ReplyMessageIds);
