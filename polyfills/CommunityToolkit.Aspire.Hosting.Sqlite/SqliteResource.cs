namespace Aspire.Hosting.ApplicationModel;

/// <summary>A SQLite database file.</summary>
public class SqliteResource(string name, string databasePath, string databaseFileName) : Resource(name), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Data Source={FilePath};Cache=Shared;Mode=ReadWriteCreate");

    internal string FilePath => Path.Combine(databasePath, databaseFileName);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        [new("DataSource", ReferenceExpression.Create($"{FilePath}"))];
}
