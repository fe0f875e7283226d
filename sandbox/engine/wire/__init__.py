"""The wire: CodePipeline's, CodeBuild's and CodeDeploy's JSON protocol."""
