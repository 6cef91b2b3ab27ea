namespace Clawdex.Gateway.Commands;

internal static class CommandsExtensions
{
    /// <summary>Adds the commands, in the order in which they are listed to users.</summary>
    public static IServiceCollection AddCommands(this IServiceCollection services) => services
        .AddSingleton<ModelCommand>()
        .AddSingleton<ICommand, ResetCommand>()
        .AddSingleton<ICommand, ForgetCommand>()
        .AddSingleton<ICommand, StatusCommand>()
        .AddSingleton<ICommand>(provider => provider.GetRequiredService<ModelCommand>())
        .AddSingleton<ICommand, CompactCommand>()
        .AddSingleton<ICommand, HelpCommand>()
        .AddSingleton<ICommand, StopCommand>()
        .AddSingleton<ICommand, StartCommand>()
        .AddSingleton<CommandTable>();
}
