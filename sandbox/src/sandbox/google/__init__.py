"""Google on localhost: token endpoint, Drive v3, Forms v1 and Sheets v4, validated by Google's discovery documents."""
