using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// Binds what a button carries to its conversation, its action and who asked for it, because a client may send any data as a
/// press. The key comes from the bot's token: all gateways of the bot share it, and a restart keeps it.
/// </summary>
/// <remarks>Signature, action, asker, payload: <c>Zb3…16 characters</c> <c>2:12345:openai/gpt-4o</c>.</remarks>
internal sealed class ButtonSigner(IOptions<TelegramOptions> options, ChatIds ids)
{
    /// <summary>Bytes of UTF-8; Telegram takes no more on a button.</summary>
    private const int MostBytes = 64;

    /// <summary>96 bits: nobody tries that many presses at Telegram's pace.</summary>
    private const int SignatureBytes = 12;

    private const int SignatureLength = SignatureBytes * 4 / 3;

    private readonly byte[] _key = options.Value.KeyFor("clawdex buttons");

    /// <summary>What Telegram keeps for the button, and reports when it is pressed.</summary>
    public string DataOf(Conversation conversation, Button button)
    {
        var content = ContentOf(conversation, button);
        return SignatureOf(conversation, content) + content;
    }

    /// <summary>Whether Telegram has room for what the button carries.</summary>
    public static bool Fits(Conversation conversation, Button button) =>
        SignatureLength + Encoding.UTF8.GetByteCount(ContentOf(conversation, button)) <= MostBytes;

    /// <summary>The button that was pressed in this conversation, without its label; null = the bot made no such button for it.</summary>
    public Button? Read(Conversation conversation, string data)
    {
        if (data.Length is <= SignatureLength or > MostBytes)
            return null;
        var content = data[SignatureLength..];
        var expected = SignatureOf(conversation, content);
        // The comparison takes as long for a good guess as for a bad one.
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(data[..SignatureLength]), Encoding.ASCII.GetBytes(expected)))
            return null;
        return content.Split(':', 3) is [var action, var asker, var payload] && Enum.TryParse<ButtonAction>(action, out var known)
            ? new Button("", known, payload, long.TryParse(asker, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null)
            : null;
    }

    // A private chat is its user's own: there the room is the payload's.
    private static string ContentOf(Conversation conversation, Button button) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)button.Action}:{(conversation.IsGroup ? button.AskerId : null)}:{button.Payload}");

    private string SignatureOf(Conversation conversation, string content)
    {
        // A key has no line break, so that no other pair of the two reads the same.
        var hash = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{ids.Current(conversation).Key}\n{content}"));
        return Base64Url.EncodeToString(hash.AsSpan(0, SignatureBytes));
    }
}
