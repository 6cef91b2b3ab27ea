using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>A state that the messages of a reply are to show.</summary>
/// <param name="Buttons">Below the last message.</param>
/// <param name="IsFinal">Messages that it does not need are removed; ones that are deleted or cannot be changed are replaced.</param>
internal sealed record ReplyFrame(IReadOnlyList<MessageText> Parts, IReadOnlyList<Button> Buttons, bool IsFinal, CallPriority Priority);
