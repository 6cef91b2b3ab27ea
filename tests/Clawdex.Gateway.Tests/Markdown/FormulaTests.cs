using Clawdex.Gateway.Markdown;
using static Clawdex.Gateway.Tests.Markdown.TextCaseTests;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>Formulas are left as the model writes them, and prices are none.</summary>
public sealed class FormulaTests
{
    [Theory]
    [InlineData(@"Then \(n\!m\) and \(f(x)\,dx\), see $a*b*c$.")]
    [InlineData("$$a_1*b_1*c$$")]
    [InlineData(@"\[ x_1 * y_1 * z \]")]
    [InlineData("so $x_1$ and $y_1$, $2*a*b$")]
    [InlineData("$$\nx_1*y_1\n+ z_*\n$$")]
    [InlineData("$$\nx_1\n$$\u00A0*y*\n$$")]
    [InlineData("\\[\na_1 &= b_1 \\\\\n- c_1\n\\]")]
    [InlineData("$V^{**}$ and $W^{**}$, the $n$th of $x_1 + 1$ten")]
    [InlineData("$$ f(x) = a_0\n+ a_1 x\n- a_2\n$$")]
    [InlineData("So:\n$$ f(x) = a_0*b_1\n> 0 $$ *x")]
    [InlineData("\\[ x = a\n+ b\n- c \\]")]
    [InlineData("\\begin{align}\na_1 &= b_1*c \\\\\n- d*e*\n\\end{align}")]
    [InlineData("\\begin{array}{cc}\n- a_1 & *b*\n\\end{array}")]
    public void A_formula_is_left_alone(string markdown)
    {
        var part = Assert.Single(Grown(markdown));

        Assert.Equal(markdown, part.Plain);
        Assert.DoesNotContain("<i>", part.Html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"Then \(n\!m\) and \(f(x)\,dx*y*z\) end")]
    [InlineData(@"So $$\int x^2 \, d*x*\mu$$ and $x = \{2, a_{1}*b*c\}$ end")]
    [InlineData("Thus \\[E = m*c*^2\n= k_1*d*\\] end")]
    [InlineData("It is **bold** and $5, `\\(a`, and $x_1$ *too*")]
    public void A_formula_that_grows_is_left_alone(string markdown)
    {
        var growing = new GrowingText();
        var whole = Assert.Single(TelegramText.Render(markdown, complete: true)).Plain;

        for (var length = 1; length <= markdown.Length; length++)
        {
            foreach (var part in growing.Render(markdown[..length], complete: false))
                Assert.StartsWith(part.Plain, whole, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("$5 and *not* $6", "$5 and <i>not</i> $6")]
    [InlineData("**$5** or **$6**", "<b>$5</b> or <b>$6</b>")]
    [InlineData("from 5$ to **6$**, or $7 *each* 8$", "from 5$ to <b>6$</b>, or $7 <i>each</i> 8$")]
    [InlineData(@"\$5 and *x*", "$5 and <i>x</i>")]
    [InlineData(@"\[note\](https://x.org) *y*", "[note](https://x.org) <i>y</i>")]
    [InlineData("Set $HOME or use `$PATH`", "Set $HOME or use <code>$PATH</code>")]
    [InlineData("Use `$x` and $y: *z* `$w`", "Use <code>$x</code> and $y: <i>z</i> <code>$w</code>")]
    [InlineData("The id is $$, see `$$`", "The id is $$, see <code>$$</code>")]
    [InlineData(@"Write \( or `\)`", @"Write ( or <code>\)</code>")]
    [InlineData("Stocks: $AAPL and **$MSFT** rose", "Stocks: $AAPL and <b>$MSFT</b> rose")]
    [InlineData("$AAPL and *$MSFT* rose", "$AAPL and <i>$MSFT</i> rose")]
    [InlineData("$AAPL and [$MSFT](https://x.org)", "$AAPL and <a href=\"https://x.org\">$MSFT</a>")]
    [InlineData("**$AAPL**/**$MSFT** rose", "<b>$AAPL</b>/<b>$MSFT</b> rose")]
    [InlineData("Price: $$\n- *good* food", "Price: $$\n• <i>good</i> food")]
    [InlineData("- $$ cheap\n- $$$ *not*", "• $$ cheap\n• $$$ <i>not</i>")]
    [InlineData("**Joe's** ($$), *cozy*; **Ann's** ($$$), *loud*.", "<b>Joe's</b> ($$), <i>cozy</i>; <b>Ann's</b> ($$$), <i>loud</i>.")]
    [InlineData("**Roma** — $$ · *Italian*, next to **Milano** — $$ · *pizza*", "<b>Roma</b> — $$ · <i>Italian</i>, next to <b>Milano</b> — $$ · <i>pizza</i>")]
    [InlineData("[$NVDA](https://f.example/q?s=NVDA) and [$AMD](https://f.example/q?s=AMD)", "<a href=\"https://f.example/q?s=NVDA\">$NVDA</a> and <a href=\"https://f.example/q?s=AMD\">$AMD</a>")]
    [InlineData("$$\nx_1*y*z\n$$ where\n**E** is *energy*", "$$\nx_1*y*z\n$$ where\n<b>E</b> is <i>energy</i>")]
    [InlineData("So we get: \\[\n- x\n\\] and\n- *y*", "So we get: \\[\n- x\n\\] and\n• <i>y</i>")]
    [InlineData("see \\[note\n- *a*", "see [note\n• <i>a</i>")]
    [InlineData("So:\n$$ a = b\n+ c $$\n- *item*", "So:\n$$ a = b\n+ c $$\n• <i>item</i>")]
    [InlineData("$$\nx_1*y_1*z\n$$.\n*so*", "$$\nx_1*y_1*z\n$$.\n<i>so</i>")]
    [InlineData("\\[\na*b*c\n\\],\nand *d*", "\\[\na*b*c\n\\],\nand <i>d</i>")]
    [InlineData("\\begin{align}\na*b*c\n\\end{align}.\n*so*", "\\begin{align}\na*b*c\n\\end{align}.\n<i>so</i>")]
    [InlineData("\\beginning\n- *a*", "\\beginning\n• <i>a</i>")]
    [InlineData("\\begin{a} *x* \\end{a}\n- *a*", "\\begin{a} <i>x</i> \\end{a}\n• <i>a</i>")]
    public void A_price_is_no_formula(string markdown, string html) => AssertHtml(markdown, html);
}
