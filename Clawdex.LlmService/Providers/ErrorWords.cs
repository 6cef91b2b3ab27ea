using System.Text.RegularExpressions;

namespace Clawdex.LlmService.Providers;

/// <summary>What servers mean by the words of an error, where neither a status nor a name says it.</summary>
internal static partial class ErrorWords
{
    [GeneratedRegex("context(length|size|window)|toomanyprompttokens|requesttoolarge|tokenslimitreached")]
    public static partial Regex TooLongName();

    /// <summary>
    /// In the words of OpenAI, Gemini, Anthropic, llama.cpp, LM Studio, Ollama, vLLM, Groq, xAI, Perplexity, Mistral, Qwen, GLM, Bedrock,
    /// GitHub, Text Generation Inference and others.
    /// </summary>
    [GeneratedRegex(
        @"max(imum)? (context|prompt|model) length|context_length_exceeded|context window|context limit|context the overflows|context length of only"
        + @"|exceeds? (the )?(available |model('s)? )?context|greater than the context length|context (size|length) has been exceeded"
        + @"|reduce the length of|length of all messages|(prompt|input|messages?|conversation|request) (is |are )?too (long|large)|too long to fit|too large for .{1,60} model"
        + @"|input token count|too many (input |prompt )?tokens|prompt tokens limit|model token limit"
        + @"|\b(prompts?|inputs?|messages?|conversation|context)( (tokens?|length|count|has|have|is|of|cannot|\d+))* exceed"
        + @"|reached context length|(greater|less) than (the )?max_seq_len|exceeds? session_len"
        + @"|longer than the (model's )?(maximum )?context|range of input length|reduce (your|the) prompt|\binputs\W{1,3}(tokens \+|must have less than)",
        RegexOptions.IgnoreCase)]
    public static partial Regex TooLong();

    /// <summary>Of OpenAI and Gemini, of vLLM's and Anthropic's checks, and of the templates that llama.cpp and LM Studio fill in.</summary>
    [GeneratedRegex(
        @"(system|developer) (role|message|prompt|instruction)s?\b.{0,60}\bnot (be )?(supported|enabled|allowed)|(not|doesn't) support (the )?['""`]?system\b(?! (call|error))"
        + @"|roles must alternate|only user(,? (and )?(assistant|model|tool))+ roles|'user' (or|and) 'assistant'|\bgot '?system\b(?! (error|call|busy))|system message must be"
        + @"|\brole\W{1,4}system\W{1,4}(is )?(not|un)|(unsupported|unexpected|invalid|unknown) (message )?role\W{1,4}system\b|role in messages\W{1,4}system\b",
        RegexOptions.IgnoreCase)]
    public static partial Regex NoSystemPrompt();

    /// <summary>A server knows its paths, and says so before it looks for a model: where a model is named, that is what is missing.</summary>
    [GeneratedRegex(
        @"unexpected endpoint|invalid url|page not found|cannot (post|get) |no (such )?route|method not allowed|unknown (path|endpoint|request url)|resource not found"
        + @"|no (such|static) (endpoint|path|resource)\b(?!.*\bmodel\b)|(?<!\bmodel\b.{0,60})\b(url|endpoint|path|route)\b((?! model\b).){0,100}\b(not found|does not exist)"
        + @"|^\W*(http )?(404\W*)?(file )?not found(\W|$)(?!.*\bmodel\b)",
        RegexOptions.IgnoreCase)]
    public static partial Regex NoSuchPath();

    [GeneratedRegex(
        @"not a valid model|\bmodel\W{1,4}(?!(was|is|could|does) )[\w./:@+-]+\W{1,4}((was |is |could )?not (be )?found|does not exist)|^\W*(the )?(requested |specified )?model (was |is |does )?not (found|exist)"
        + @"|(unknown|invalid|no such) model(?! (param|input|output|config|response))",
        RegexOptions.IgnoreCase)]
    public static partial Regex NoSuchModel();

    [GeneratedRegex(
        @"(incorrect|invalid|wrong|unknown) (x-)?api[-_ ]?key\b|api[-_ ]?key (is |was |provided is )?(not valid|invalid|incorrect|expired)\b", RegexOptions.IgnoreCase)]
    public static partial Regex WrongKey();

    [GeneratedRegex("max_(completion_|output_)?tokens|maxOutputTokens", RegexOptions.IgnoreCase)]
    public static partial Regex OutputLimit();

    /// <summary>Not "exceeded your current quota": Gemini says that each minute, and OpenAI names it.</summary>
    [GeneratedRegex(
        @"insufficient[ _](balance|credits?|funds?)\b|used all (of )?(your |its )?(available )?credits?\b|out of credits\b|spend(ing)? (cap|limit)\b"
        + @"|credit balance is too low|credits? (are|is) depleted|please recharge|(exceeded|reached) (your |its )?monthly (included )?(credits?|spend)",
        RegexOptions.IgnoreCase)]
    public static partial Regex MoneySpent();

    [GeneratedRegex(@"per[-_ ]?day", RegexOptions.IgnoreCase)]
    public static partial Regex PerDay();

    [GeneratedRegex(@"limit:\s*0\b", RegexOptions.IgnoreCase)]
    public static partial Regex NoQuotaAtAll();

    /// <summary>The title of a gateway's page: of nginx, Apache, HAProxy, IIS, Google and Amazon.</summary>
    [GeneratedRegex("503|service (is )?(temporarily )?unavailable", RegexOptions.IgnoreCase)]
    public static partial Regex IsUnavailable();

    [GeneratedRegex(@"^\W*(error|exception)\b", RegexOptions.IgnoreCase)]
    public static partial Regex Failed();

    /// <summary>Not an error, but what keeps a stream open while nothing comes.</summary>
    [GeneratedRegex(@"^(?>\W*)(ping|pong|ok|keep[-_ ]?alive|heart[-_ ]?beat|thinking|(\w+ )?(processing|waiting|loading|queued)( (request|(for )?model))?|null|none|true|false|)[\W\d]*(t[\W\d]+)?(z\W*)?$", RegexOptions.IgnoreCase)]
    public static partial Regex Waits();
}
